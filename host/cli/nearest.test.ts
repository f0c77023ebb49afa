import { describe, expect, test } from 'vitest';
import { nearest } from './nearest.js';

const cases = [
  { name: 'one letter missing', typed: 'lst', names: ['list', 'run'], want: ['list'] },
  { name: 'a swap is one edit', typed: 'quoat', names: ['quota', 'quote'], want: ['quota'] },
  { name: 'all that are equally near, each once', typed: 'bat', names: ['cat', 'bar', 'cat'], want: ['bar', 'cat'] },
  { name: 'the nearest only', typed: 'lists', names: ['lint', 'list'], want: ['list'] },
  { name: 'three edits of eight', typed: 'abcdefgh', names: ['abcdexyz'], want: ['abcdexyz'] },
  { name: 'not four', typed: 'abcdefgh', names: ['abcdwxyz'], want: [] },
  { name: 'nothing of which too little is right', typed: 'ab', names: ['xb', 'xyb'], want: ['xb'] },
  { name: 'no single letters', typed: 'ab', names: ['a'], want: [] },
  { name: 'nothing for a text of any length', typed: 'x'.repeat(1e6), names: ['x'.repeat(1e6)], want: [] },
];
describe('nearest() finds', () => {
  for (const { name, typed, names, want } of cases) {
    test(name, () => expect(nearest(typed, names)).toEqual(want));
  }
});
