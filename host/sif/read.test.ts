import { describe, expect, test } from 'vitest';
import { pluginSif, signatureObject, slotAt, withBytes, withI64, withU32 } from '../../test/support/sif-sample.js';
import { PluginError } from '../errors/index.js';
import { addObject, DATA_TYPE, DEFAULT_SIF_LIMITS, deleteObject, readSif, type SifLimits, writeSif } from './index.js';

const file = pluginSif();
const signed = addObject(file, signatureObject(new Uint8Array(16)));
const MAX = 2n ** 63n - 1n;
const first = slotAt(1);
const second = slotAt(2);
const third = slotAt(3);

interface Outcome {
  readonly code: string;
  readonly offset?: unknown;
}

function outcome(bytes: Uint8Array, profile: 'bounded' | 'strict', limits?: SifLimits): Outcome {
  try {
    readSif(bytes, { profile, ...(limits && { limits }) });
    return { code: 'ok' };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    return 'offset' in error.details ? { code: error.code, offset: error.details.offset } : { code: error.code };
  }
}

const ok = { code: 'ok' };
const bad = (offset: number): Outcome => ({ code: 'SIF_MALFORMED', offset });
const tooMuch = { code: 'LIMIT_EXCEEDED' };
const overlapping = withI64(file, second + 17, 34815n);

const bounded = [
  { name: 'accepts the sample', bytes: file, want: ok },
  { name: 'rejects an empty file', bytes: new Uint8Array(0), want: bad(0) },
  { name: 'rejects a header one byte short', bytes: file.subarray(0, 127), want: bad(0) },
  { name: 'rejects another magic', bytes: withBytes(file, 32, [0x73]), want: bad(32) },
  { name: 'rejects a magic without NUL', bytes: withBytes(file, 41, [1]), want: bad(32) },
  { name: 'rejects version 02', bytes: withBytes(file, 43, [0x32]), want: bad(42) },
  { name: 'rejects a version without NUL', bytes: withBytes(file, 44, [0x20]), want: bad(42) },
  { name: 'rejects a negative free count', bytes: withI64(file, 80, -1n), want: bad(80) },
  { name: 'rejects a free count that is one off', bytes: withI64(file, 80, 45n), want: bad(80) },
  { name: 'rejects more free than total', bytes: withI64(file, 80, 49n), want: bad(80) },
  { name: 'rejects a negative total', bytes: withI64(file, 88, -1n), want: bad(88) },
  { name: 'rejects a huge total before allocating', bytes: withI64(file, 88, 2n ** 40n), want: tooMuch },
  { name: 'rejects a total above 2^53', bytes: withI64(file, 88, MAX), want: bad(88) },
  { name: 'rejects a total that the table size denies', bytes: withI64(file, 88, 47n), want: bad(104) },
  { name: 'rejects a table inside the header', bytes: withI64(file, 96, 127n), want: bad(96) },
  { name: 'rejects a table one byte into the data', bytes: withI64(file, 96, 4097n), want: bad(96) },
  { name: 'rejects a table offset near 2^53', bytes: withI64(file, 96, 2n ** 53n - 1n), want: bad(96) },
  {
    name: 'rejects a data offset one past the end',
    bytes: withI64(file, 112, BigInt(file.length + 1)),
    want: bad(112),
  },
  { name: 'rejects data that ends one byte past the end', bytes: withI64(file, 120, 2717n), want: bad(120) },
  { name: 'rejects a data size near 2^53', bytes: withI64(file, 120, 2n ** 53n - 1n), want: bad(120) },
  { name: 'rejects a file cut by one byte', bytes: file.subarray(0, file.length - 1), want: bad(120) },
  { name: 'rejects used = 2', bytes: withBytes(file, first + 4, [2]), want: bad(first + 4) },
  { name: 'rejects bytes in an unused slot', bytes: withBytes(file, third + 100, [1]), want: bad(third) },
  { name: 'rejects ID 0', bytes: withU32(file, first + 5, 0), want: bad(first + 5) },
  { name: 'rejects an ID of another slot', bytes: withU32(file, second + 5, 1), want: bad(second + 5) },
  { name: 'rejects a group without its tag', bytes: withU32(file, first + 9, 1), want: bad(first + 9) },
  { name: 'rejects a group with half its tag', bytes: withU32(file, first + 9, 0xe0000001), want: bad(first + 9) },
  { name: 'rejects a link with half its tag', bytes: withU32(file, second + 13, 0x10000000), want: bad(second + 13) },
  { name: 'rejects an offset before the data', bytes: withI64(file, first + 17, 32175n), want: bad(first + 17) },
  { name: 'rejects a negative offset', bytes: withI64(file, first + 17, -1n), want: bad(first + 17) },
  { name: 'rejects a size one past the data', bytes: withI64(file, second + 25, 77n), want: bad(second + 25) },
  { name: 'rejects a negative size', bytes: withI64(file, second + 25, -1n), want: bad(second + 25) },
  { name: 'rejects an offset near 2^53', bytes: withI64(file, second + 17, 2n ** 53n - 1n), want: bad(second + 25) },
  { name: 'rejects less padded than plain size', bytes: withI64(file, second + 33, 75n), want: bad(second + 33) },
  { name: 'rejects data that shares one byte', bytes: overlapping, want: bad(second + 17) },
  {
    name: 'accepts an empty object inside another',
    bytes: withI64(withI64(file, second + 25, 0n), second + 17, 33000n),
    want: ok,
  },
  {
    name: 'accepts the latest and the earliest time',
    bytes: withI64(withI64(file, 64, MAX), first + 41, -MAX - 1n),
    want: ok,
  },
  { name: 'accepts bytes behind the data', bytes: new Uint8Array([...file, 0]), want: ok },
  { name: 'accepts what siftool leaves after a delete', bytes: deleteObject(signed, 1), want: ok },
];

const strict = [
  { name: 'accepts the sample', bytes: file, want: ok },
  { name: 'accepts the signed sample', bytes: signed, want: ok },
  { name: 'rejects one byte behind the data', bytes: new Uint8Array([...file, 0]), want: bad(file.length) },
  { name: 'rejects a byte behind the header', bytes: withBytes(file, 128, [1]), want: bad(128) },
  { name: 'rejects a byte before the table', bytes: withBytes(file, 4095, [1]), want: bad(4095) },
  { name: 'rejects a byte before the first object', bytes: withBytes(file, 32767, [1]), want: bad(32767) },
  { name: 'rejects what a delete left inside', bytes: deleteObject(file, 1), want: bad(32769) },
  { name: 'rejects what a delete left at the end', bytes: deleteObject(file, 2), want: bad(34816) },
  { name: 'accepts a delete that zeroes', bytes: deleteObject(file, 1, { zero: true }), want: ok },
  { name: 'rejects a link to no object', bytes: withU32(file, second + 13, 3), want: bad(second + 13) },
  { name: 'rejects a link to itself', bytes: withU32(file, second + 13, 2), want: bad(second + 13) },
  { name: 'accepts a link to another object', bytes: withU32(file, second + 13, 1), want: ok },
  { name: 'rejects a link to an empty group', bytes: withU32(signed, third + 13, 0xf0000002), want: bad(third + 13) },
  { name: 'rejects a link to group 0', bytes: withU32(signed, third + 13, 0xf0000000), want: bad(third + 13) },
  {
    name: 'rejects a signature in its own group',
    bytes: withU32(signed, third + 9, 0xf0000001),
    want: bad(third + 13),
  },
  { name: 'rejects a name with an inner NUL', bytes: withBytes(file, first + 74, [0]), want: bad(first + 73) },
  { name: 'rejects a name that is not UTF-8', bytes: withBytes(file, first + 73, [0xff]), want: bad(first + 73) },
  { name: 'rejects a terminal escape in a name', bytes: withBytes(file, first + 73, [0x1b]), want: bad(first + 73) },
  { name: 'accepts a name of all 128 bytes', bytes: withBytes(file, first + 73, Array(128).fill(0x61)), want: ok },
  { name: 'rejects file system type 7', bytes: withU32(file, first + 201, 7), want: bad(first + 201) },
  { name: 'rejects partition type 5', bytes: withU32(file, first + 205, 5), want: bad(first + 205) },
  { name: 'rejects an architecture of letters', bytes: withBytes(file, first + 209, [0x61]), want: bad(first + 209) },
  { name: 'accepts an architecture it does not know', bytes: withBytes(file, first + 209, [0x39, 0x39]), want: ok },
  { name: 'rejects bytes behind a partition extra', bytes: withBytes(file, first + 212, [1]), want: bad(first + 212) },
  { name: 'rejects an extra where there is none', bytes: withBytes(file, second + 201, [1]), want: bad(second + 201) },
  { name: 'rejects signature hash type 6', bytes: withU32(signed, third + 201, 6), want: bad(third + 201) },
  {
    name: 'rejects bytes behind a signature extra',
    bytes: withBytes(signed, third + 461, [1]),
    want: bad(third + 461),
  },
  { name: 'rejects a header arch without a primary', bytes: withBytes(file, 45, [0x30, 0x32]), want: bad(45) },
  {
    name: 'rejects a primary that the header denies',
    bytes: withU32(file, first + 205, 2).fill(0x31, 46, 47),
    want: bad(45),
  },
  {
    name: 'accepts an unknown type with any extra',
    bytes: withBytes(withU32(file, second, 0x5000), second + 300, [1]),
    want: ok,
  },
  {
    name: 'rejects an SBOM format',
    bytes: withU32(withU32(file, second, DATA_TYPE.sbom), second + 201, 9),
    want: bad(second + 201),
  },
  { name: 'rejects an OCI digest', bytes: withU32(file, second, DATA_TYPE.ociBlob), want: bad(second + 201) },
  { name: 'rejects a crypto message', bytes: withU32(file, second, DATA_TYPE.cryptoMessage), want: bad(second + 201) },
];

describe('readSif()', () => {
  for (const { name, bytes, want } of bounded) {
    test(name, () => expect(outcome(bytes, 'bounded')).toEqual(want));
  }
});

const cuts = [
  { name: 'an empty file', bytes: new Uint8Array(0), hint: /truncated/ },
  { name: 'a header one byte short', bytes: file.subarray(0, 127), hint: /truncated/ },
  { name: 'a file cut in its table', bytes: file.subarray(0, 2000), hint: /truncated/ },
  { name: 'a file cut by one byte', bytes: file.subarray(0, file.length - 1), hint: /truncated/ },
  { name: 'a short text', bytes: new TextEncoder().encode('#!/bin/sh\n'.repeat(9)), hint: /not a SIF/ },
];
describe('readSif() says what to do about', () => {
  for (const { name, bytes, hint } of cuts) {
    test(name, () => {
      expect(() => readSif(bytes)).toThrow(expect.objectContaining({ hint: expect.stringMatching(hint) }));
    });
  }
});

describe('readSif() with the strict profile', () => {
  for (const { name, bytes, want } of strict) {
    test(name, () => expect(outcome(bytes, 'strict')).toEqual(want));
  }

  test('rejects two primary partitions', () => {
    const primaries = withU32(withU32(file, second, DATA_TYPE.partition), second + 201, 4);
    const extra = [2, 0, 0, 0, 0x30, 0x30, 0];
    const both = withBytes(withBytes(primaries, second + 205, extra), first + 205, extra);
    expect(outcome(both, 'strict')).toEqual(bad(second + 201));
  });
});

const limited = [
  { name: 'maxDescriptors', at: { maxDescriptors: 48 }, below: { maxDescriptors: 47 } },
  { name: 'maxObjectBytes', at: { maxObjectBytes: 2048 }, below: { maxObjectBytes: 2047 } },
  { name: 'maxFileBytes', at: { maxFileBytes: 34892 }, below: { maxFileBytes: 34891 } },
];

describe('readSif() holds', () => {
  for (const { name, at, below } of limited) {
    test(name, () => {
      expect(outcome(file, 'bounded', { ...DEFAULT_SIF_LIMITS, ...at })).toEqual(ok);
      expect(outcome(file, 'bounded', { ...DEFAULT_SIF_LIMITS, ...below })).toEqual(tooMuch);
    });
  }
});

test('an image of no descriptors at all reads as empty', () => {
  expect(readSif(writeSif([], { capacity: 0 })).objects).toEqual([]);
});

test('the message names the place and the reason', () => {
  expect(() => readSif(overlapping)).toThrow(
    `Cannot read SIF descriptor 2 at byte ${second + 17}: the offset is 34815, object 1 ends at 34816`,
  );
});
