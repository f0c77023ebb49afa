import { describe, expect, test } from 'vitest';
import { adaptConfig, type ConfigSource, readConfig } from './config.js';

function files(table: Readonly<Record<string, object | string>>): ConfigSource {
  return {
    bundledConfig: '/home/wasm-plugin/asconfig.json',
    read: (path) => {
      const content = Object.hasOwn(table, path) ? table[path] : undefined;
      return content === undefined ? null : typeof content === 'string' ? content : JSON.stringify(content);
    },
  };
}

describe('readConfig()', () => {
  const cases = [
    { name: 'no configuration at all', table: {}, want: { hasEntries: false, usesWasi: false, sourceMap: true } },
    {
      name: 'the bundled one, by its package name',
      table: {
        '/p/asconfig.json': { extends: 'wasm-plugin/asconfig.json' },
        '/home/wasm-plugin/asconfig.json': { entries: ['a.ts'] },
      },
      want: { hasEntries: true, usesWasi: false, sourceMap: true },
    },
    {
      name: "the shim's alias, through another file",
      table: {
        '/p/asconfig.json': { extends: '../base.json' },
        '/base.json': { options: { use: ['ASC_WASI=1', 'abort=wasi_abort'] } },
      },
      want: { hasEntries: false, usesWasi: true, sourceMap: true },
    },
    {
      name: 'the nearest word on source maps',
      table: {
        '/p/asconfig.json': { extends: './a.json' },
        '/p/a.json': { options: { sourceMap: true }, targets: { release: { sourceMap: false } }, extends: './b.json' },
        '/p/b.json': { options: { sourceMap: 'https://example.com/x.map' } },
      },
      want: { hasEntries: false, usesWasi: false, sourceMap: false },
    },
    {
      name: 'a cycle',
      table: { '/p/asconfig.json': { extends: './asconfig.json' } },
      want: { hasEntries: false, usesWasi: false, sourceMap: true },
    },
  ];
  for (const { name, table, want } of cases) {
    test(`follows ${name}`, () => {
      expect(readConfig('/p', files(table))).toEqual(want);
    });
  }

  const bad = [
    { name: 'text that is not JSON', table: { '/p/asconfig.json': '{' }, want: 'not JSON' },
    { name: 'a missing file', table: { '/p/asconfig.json': { extends: './no.json' } }, want: 'no such file' },
    { name: 'a missing package', table: { '/p/asconfig.json': { extends: 'no-such/x.json' } }, want: 'no-such/x.json' },
  ];
  for (const { name, table, want } of bad) {
    test(`refuses ${name}`, () => {
      expect(() => readConfig('/p', files(table))).toThrow(
        expect.objectContaining({ code: 'COMPILE_FAILED', message: expect.stringContaining(want) }),
      );
    });
  }
});

test('adaptConfig() makes extends absolute and keeps abort and the source map for the SDK', () => {
  const use = ['abort=theirs', 'Date=theirs'];
  const options = { use, debug: true, sourceMap: false };
  const text = JSON.stringify({ extends: './b.json', options, targets: { t: { use } } });
  expect(JSON.parse(adaptConfig(text, '/p/asconfig.json', files({})))).toEqual({
    extends: '/p/b.json',
    options: { use: ['Date=theirs'], debug: true },
    targets: { t: { use: ['Date=theirs'] } },
  });
});
