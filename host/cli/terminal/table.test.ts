import { expect, test } from 'vitest';
import { formatFacts, formatPluginList, formatTable } from './table.js';

test('formatPluginList() says so when there is nothing', () => {
  expect(formatPluginList([])).toBe('There are no plugins installed.\n');
});

test('formatPluginList() is upstream to the letter', () => {
  expect(
    formatPluginList([
      { name: 'example.com/bar', enabled: false },
      { name: 'example.com/foo', enabled: true },
    ]),
  ).toBe('ENABLED  NAME\n     no  example.com/bar\n    yes  example.com/foo\n');
});

test('formatTable() escapes before it measures, and ends no line in spaces', () => {
  const table = formatTable(
    [{ title: 'A' }, { title: 'B' }],
    [
      ['\n', 'x'],
      ['longer', ''],
    ],
  );
  expect(table).toBe('A       B\n\\u{a}   x\nlonger\n');
});

test('formatFacts() puts further values under the first', () => {
  expect(
    formatFacts([
      ['hooks', ['engine-config']],
      ['may change', ['mounts of the container', 'environment']],
    ]),
  ).toBe('  hooks         engine-config\n  may change    mounts of the container\n                environment\n');
});
