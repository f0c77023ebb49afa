import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findJsonMistake } from './json-mistake.js';

const cases = [
  { name: 'nothing', text: '', at: 'line 1, column 1' },
  { name: 'only space', text: ' \n ', at: 'line 2, column 2' },
  { name: 'a comma after the last key', text: '{\n  "a": 1,\n}', at: 'line 3, column 1' },
  { name: 'a comma after the last item', text: '[1,]', at: 'line 1, column 4' },
  { name: 'a comma that is missing', text: '{\n  "a": 1\n  "b": 2\n}', at: 'line 3, column 3' },
  { name: 'a text without its end', text: '{\r\n  "a": "x,\r\n  "b": 1 }', at: 'line 2, column 8' },
  { name: 'a comment', text: '// hello\n{}', at: 'line 1, column 1' },
  { name: 'single quotes', text: "{ 'a': 1 }", at: 'line 1, column 3' },
  { name: 'a bracket of the other kind', text: '{"a": [1}}', at: 'line 1, column 9' },
  { name: 'brackets that stay open', text: '{"a": [1', at: 'line 1, column 9' },
  { name: 'something behind the end', text: '{} {}', at: 'line 1, column 4' },
  { name: 'a key without a value', text: '{"a"}', at: 'line 1, column 5' },
  { name: 'a byte order mark', text: '\ufeff{}', at: 'line 1, column 1' },
  { name: 'a number with a zero in front', text: '[01]', at: 'line 1, column 3' },
  { name: 'a very deep list', text: '['.repeat(200_000), at: 'line 1, column 200001' },
  { name: 'a very long text', text: `"${'\\n'.repeat(100_000)}`, at: 'line 1, column 1' },
  { name: 'very many lines', text: `${'\n'.repeat(250_000)}x`, at: 'line 250001, column 1' },
];

describe('findJsonMistake()', () => {
  for (const { name, text, at } of cases) {
    test(`finds ${name}`, () => expect(findJsonMistake(text)).toBe(at));
  }

  test('finds a mistake exactly where JSON.parse does', () => {
    const pieces = fc.constantFrom(...'{}[],:"\\', '""', '"a"', '1', '-0.5e+3', 'true', 'nul', ' ', '\n', '\\u00', '0');
    const near = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(near, fc.json(), fc.string()), (text) => {
        expect(findJsonMistake(text) === undefined).toBe(parses(text));
      }),
      { numRuns: 2000 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
