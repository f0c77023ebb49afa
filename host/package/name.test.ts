import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../test/support/cpu-time.js';
import { validateName } from './index.js';

const accepted = [
  { name: 'one word', text: 'foo' },
  { name: 'one letter', text: 'a' },
  { name: 'a domain and a word', text: 'example.com/slurm-binds' },
  { name: 'digits first', text: '9p/0' },
  { name: 'a word like a file of the store', text: 'x.meta' },
  { name: 'many parts', text: 'a/b/c/d' },
  { name: 'a label of 63 characters', text: 'a'.repeat(63) },
  { name: 'two hyphens', text: 'a--b' },
  { name: '200 characters', text: `${'a'.repeat(60)}/${'b'.repeat(60)}/${'c'.repeat(60)}/${'d'.repeat(17)}` },
];

const refused = [
  { name: 'nothing', text: '' },
  { name: 'an absolute name', text: '/foo' },
  { name: 'a final slash', text: 'foo/' },
  { name: 'an empty part', text: 'a//b' },
  { name: 'a step up', text: '../a' },
  { name: 'a step up inside', text: 'a/../b' },
  { name: 'a dot', text: '.' },
  { name: 'a part that is a dot', text: 'a/./b' },
  { name: 'a hidden part', text: 'a/.b' },
  { name: 'a final dot', text: 'a.' },
  { name: 'two dots in a part', text: 'a..b' },
  { name: 'capital letters', text: 'Foo' },
  { name: 'another script', text: 'fоо' },
  { name: 'white space', text: 'a b' },
  { name: 'a final newline', text: 'a\n' },
  { name: 'NUL', text: 'a\0' },
  { name: 'a terminal escape', text: 'a\u001b[31m' },
  { name: 'a hyphen first', text: '-rf' },
  { name: 'a hyphen last', text: 'a-/b' },
  { name: 'a hyphen before a dot', text: 'a-.b' },
  { name: 'an underscore', text: 'a_b' },
  { name: 'a backslash', text: 'a\\b' },
  { name: 'a label of 64 characters', text: 'a'.repeat(64) },
  { name: '201 characters', text: `${'a'.repeat(60)}/${'b'.repeat(60)}/${'c'.repeat(60)}/${'d'.repeat(18)}` },
];

describe('validateName() accepts', () => {
  for (const { name, text } of accepted) test(name, () => expect(validateName(text)).toBe(text));
});

describe('validateName() refuses', () => {
  for (const { name, text } of refused) {
    test(name, () => expect(() => validateName(text)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' })));
  }

  test('a hostile name quickly', () => {
    expect(cpuMs(() => expect(() => validateName(`${'a-'.repeat(99)}!`)).toThrow())).toBeLessThan(2000);
  });
});
