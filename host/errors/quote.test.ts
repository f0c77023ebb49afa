import { describe, expect, test } from 'vitest';
import { escapeControls, quote } from './index.js';

const cases = [
  { name: 'leaves plain text alone', text: 'example.com/foo', want: 'example.com/foo' },
  { name: 'leaves other scripts alone', text: 'naïve 名', want: 'naïve 名' },
  { name: 'escapes the terminal escape', text: '\u001b[31mred', want: '\\u{1b}[31mred' },
  { name: 'escapes a forged line', text: 'a\nERROR: b', want: 'a\\u{a}ERROR: b' },
  { name: 'escapes the C1 control sequence introducer', text: '\u009b2J', want: '\\u{9b}2J' },
  { name: 'escapes a right-to-left override', text: 'abc\u202efdp', want: 'abc\\u{202e}fdp' },
  { name: 'escapes the Arabic letter mark, which turns text too', text: 'a\u061cb', want: 'a\\u{61c}b' },
];

describe('escapeControls()', () => {
  for (const { name, text, want } of cases) {
    test(name, () => {
      expect(escapeControls(text)).toBe(want);
    });
  }
});

test('quote() cuts at the limit and escapes the quote', () => {
  expect(quote('a"b')).toBe('"a\\"b"');
  expect(quote('abcdef', 5)).toBe('"abcde…"');
  expect(quote('abcde', 5)).toBe('"abcde"');
});
