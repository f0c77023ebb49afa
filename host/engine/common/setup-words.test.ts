import { expect, test } from 'vitest';
import { firstWords } from './setup-words.js';

test.each([
  { name: 'one line', words: 'mount: /a: no.\n', first: 'mount: /a: no.' },
  { name: 'as many as are shown', words: 'a\n\nb\nc\n', first: 'a; b; c' },
  { name: 'more: the first ones are the reason', words: 'a\nb\nc\nd\ne\n', first: 'a; b; c; and 2 more lines' },
  { name: 'control characters', words: 'a\x1b[2Jb', first: 'a\\u{1b}[2Jb' },
  { name: 'nothing', words: '\n', first: '' },
])('firstWords(): $name', ({ words, first }) => expect(firstWords(words)).toBe(first));
