/** SECURITY.md names tests that exist, and its promise about generated code, which is one about all sources. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

const promises = text
  .slice(text.indexOf('## What we promise'), text.indexOf('## What we do not promise'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| promise'))
  .map((line) => {
    const [, promise = '', tests = ''] = line.split('|');
    return { promise: promise.trim(), files: [...tests.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string) };
  });

describe('SECURITY.md', () => {
  test('makes promises', () => expect(promises.length).toBeGreaterThan(10));

  for (const { promise, files } of promises) {
    test(`names tests that exist for: ${promise}`, () => {
      expect(files.length).toBeGreaterThan(0);
      expect(files.filter((file) => !file.endsWith('.test.ts') || !existsSync(join(ROOT, file)))).toEqual([]);
    });
  }
});

describe('the host', () => {
  const sources = readdirSync(join(ROOT, 'host'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => ({ path, code: readFileSync(join(ROOT, 'host', path), 'utf8') }));

  test('has sources to look at', () => expect(sources.length).toBeGreaterThan(100));

  const ways = [
    { name: 'eval', pattern: /\beval\s*\(/ },
    { name: 'the Function constructor', pattern: /\bnew\s+Function\b|[^\w.]Function\s*\(/ },
    // It loads a file of our own program, as require would, with what V8 made of it before.
    { name: 'node:vm', pattern: /['"](node:)?vm['"]/, but: ['cli/own-code.ts'] },
    { name: 'modules out of text', pattern: /data:text\/javascript|createObjectURL/ },
    { name: 'the build of msgpackr that evaluates', pattern: /from 'msgpackr(?!\/index-no-eval')/ },
  ];
  for (const { name, pattern, but = [] } of ways) {
    test(`does not use ${name}`, () => {
      expect(sources.filter(({ code }) => pattern.test(code)).map(({ path }) => path)).toEqual(but);
    });
  }
});
