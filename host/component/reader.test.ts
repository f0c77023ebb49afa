import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { thrown } from '../../test/support/thrown.js';
import { Reader } from './reader.js';

const read = (bytes: readonly number[], items = 100, nameBytes = 10): Reader =>
  new Reader(Uint8Array.from(bytes), { left: items, limit: items }, nameBytes);

describe('u32()', () => {
  const cases = [
    { name: 'one byte', bytes: [0x7f], want: 127 },
    { name: 'two bytes', bytes: [0x80, 0x01], want: 128 },
    { name: 'padding', bytes: [0x80, 0x80, 0x80, 0x80, 0x00], want: 0 },
    { name: 'the largest number', bytes: [0xff, 0xff, 0xff, 0xff, 0x0f], want: 2 ** 32 - 1 },
    { name: 'a number of 33 bits', bytes: [0xff, 0xff, 0xff, 0xff, 0x1f], want: 'COMPONENT_MALFORMED' },
    { name: 'a sixth byte', bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], want: 'COMPONENT_MALFORMED' },
    { name: 'an end in the middle', bytes: [0x80], want: 'COMPONENT_MALFORMED' },
  ];
  for (const { name, bytes, want } of cases) {
    test(`reads ${name}`, () => {
      expect(typeof want === 'number' ? read(bytes).u32() : thrown(() => read(bytes).u32()).code).toBe(want);
    });
  }
});

describe('s33Index()', () => {
  const cases = [
    { name: 'one byte', bytes: [0x3f], want: 63 },
    { name: 'a second byte where the sign bit would stand', bytes: [0xc0, 0x00], want: 64 },
    { name: 'the largest index', bytes: [0xff, 0xff, 0xff, 0xff, 0x0f], want: 2 ** 32 - 1 },
    { name: 'a negative number', bytes: [0xc0, 0x7f], want: 'COMPONENT_MALFORMED' },
    { name: 'a number of 33 bits', bytes: [0xff, 0xff, 0xff, 0xff, 0x1f], want: 'COMPONENT_MALFORMED' },
    { name: 'a sixth byte', bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], want: 'COMPONENT_MALFORMED' },
  ];
  for (const { name, bytes, want } of cases) {
    test(`reads ${name}`, () => {
      expect(typeof want === 'number' ? read(bytes).s33Index() : thrown(() => read(bytes).s33Index()).code).toBe(want);
    });
  }
});

describe('name()', () => {
  const cases = [
    { name: 'an empty name', bytes: [0], want: '' },
    { name: 'a byte-order mark as part of the name', bytes: [4, 0xef, 0xbb, 0xbf, 0x61], want: '\ufeffa' },
    { name: 'a name at the limit', bytes: [10, ...Array(10).fill(0x61)], want: 'aaaaaaaaaa' },
  ];
  for (const { name, bytes, want } of cases) {
    test(`reads ${name}`, () => {
      expect(read(bytes).name()).toBe(want);
    });
  }

  const refused = [
    { name: 'a name above the limit', bytes: [11, ...Array(11).fill(0x61)], code: 'LIMIT_EXCEEDED' },
    { name: 'a name longer than what is left', bytes: [3, 0x61, 0x61], code: 'COMPONENT_MALFORMED' },
    {
      name: 'a huge length before anything is allocated',
      bytes: [0xff, 0xff, 0xff, 0xff, 0x0f],
      code: 'COMPONENT_MALFORMED',
    },
    { name: 'bytes that are not UTF-8', bytes: [1, 0xff], code: 'COMPONENT_MALFORMED' },
    { name: 'a surrogate', bytes: [3, 0xed, 0xa0, 0x80], code: 'COMPONENT_MALFORMED' },
  ];
  for (const { name, bytes, code } of refused) {
    test(`refuses ${name}`, () => {
      expect(thrown(() => read(bytes).name()).code).toBe(code);
    });
  }
});

test('count() charges the budget of all readers of a file', () => {
  const reader = read([4, 2, 0, 0, 3, 0, 0, 0, 0], 5);
  reader.u8();
  const part = reader.range(3, 'a part');
  expect(part.count()).toBe(2);
  expect(reader.count()).toBe(3);
  expect(thrown(() => reader.charge(1)).code).toBe('LIMIT_EXCEEDED');
});

test('name() charges the budget for every 64 bytes, so that long names are not kept for nothing', () => {
  const bytes = [0x80, 0x01, ...Array(128).fill(0x61)];
  expect(read(bytes, 2, 128).name()).toHaveLength(128);
  expect(thrown(() => read(bytes, 1, 128).name()).code).toBe('LIMIT_EXCEEDED');
});

test('range() and fork() stay inside their bytes and keep offsets of the file', () => {
  const reader = read([1, 2, 3, 4, 5]);
  reader.u8();
  const part = reader.range(2, 'a part');
  const fork = part.fork();
  expect([part.u8(), part.u8(), part.done]).toEqual([2, 3, true]);
  expect(thrown(() => part.u8()).details.offset).toBe(3);
  expect([fork.offset, fork.end, fork.u8()]).toEqual([1, 3, 2]);
  expect(thrown(() => fork.finish('it')).code).toBe('COMPONENT_MALFORMED');
  expect(thrown(() => reader.range(3, 'a part')).code).toBe('COMPONENT_MALFORMED');
});

test('u32() reads back what LEB128 writes', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), (value) => {
      const bytes: number[] = [];
      for (let left = value; ; left >>>= 7) {
        bytes.push(left >= 0x80 ? (left & 0x7f) | 0x80 : left);
        if (left < 0x80) {
          break;
        }
      }
      expect(read(bytes).u32()).toBe(value);
    }),
  );
});
