import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PluginError } from '../../errors/index.js';
import { newOperator, OperatorReader } from './operator-reader.js';

/** The first operator of these bytes. */
function first(bytes: readonly number[]): object {
  const operator = newOperator();
  new OperatorReader(Uint8Array.from(bytes), 0, bytes.length).next(operator);
  const { code, end, index, index2, targets } = operator;
  return { code, end, index, index2, targets };
}

function failureOf(bytes: readonly number[], start = 0): PluginError {
  try {
    const reader = new OperatorReader(Uint8Array.from(bytes), start, bytes.length);
    while (reader.next(newOperator()));
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
  throw new Error('it was read');
}

const PADDED_5 = [0x85, 0x80, 0x80, 0x80, 0x00];

describe('OperatorReader', () => {
  const cases = [
    { name: 'an operator without immediates', bytes: [0x6a], want: { code: 0x6a, end: 1 } },
    { name: 'an index of one byte', bytes: [0x10, 0x7f], want: { end: 2, index: 127 } },
    { name: 'an index of two bytes', bytes: [0x10, 0x80, 0x01], want: { end: 3, index: 128 } },
    { name: 'an index that linkers padded', bytes: [0x10, ...PADDED_5], want: { end: 6, index: 5 } },
    { name: 'the largest index', bytes: [0x20, 0xff, 0xff, 0xff, 0xff, 0x0f], want: { end: 6, index: 0xffffffff } },
    { name: 'an opcode behind a prefix', bytes: [0xfc, 0x0a, 0, 0], want: { code: 0xfc000a, end: 4 } },
    { name: 'a padded opcode behind a prefix', bytes: [0xfc, 0x8a, 0x00, 0, 0], want: { code: 0xfc000a, end: 5 } },
    { name: 'an opcode of two bytes', bytes: [0xfd, 0x93, 0x02], want: { code: 0xfd0113, end: 3 } },
    { name: 'type and table of an indirect call', bytes: [0x11, 3, 2], want: { end: 3, index: 3, index2: 2 } },
    { name: 'segment and memory', bytes: [0xfc, 0x08, 4, 0], want: { end: 4, index: 4, index2: 0 } },
    { name: 'a block without a value', bytes: [0x02, 0x40], want: { end: 2, index: -64 } },
    { name: 'a block without a value, spelt in two bytes', bytes: [0x02, 0xc0, 0x7f], want: { end: 3, index: -64 } },
    { name: 'a block with a number', bytes: [0x03, 0x7f], want: { end: 2, index: -1 } },
    { name: 'a block with a nullable reference', bytes: [0x04, 0x63, 0x70], want: { end: 3, index: -29 } },
    { name: 'a block with a reference to type 200', bytes: [0x04, 0x64, 0xc8, 0x01], want: { end: 4, index: -28 } },
    { name: 'a block of function type 63', bytes: [0x02, 0x3f], want: { end: 2, index: 63 } },
    { name: 'a block of function type 64', bytes: [0x02, 0xc0, 0x00], want: { end: 3, index: 64 } },
    { name: 'a block of a padded function type', bytes: [0x02, ...PADDED_5], want: { end: 6, index: 5 } },
    { name: 'a constant of ten bytes', bytes: [0x42, ...new Array(9).fill(0xff), 0x01], want: { end: 11 } },
    { name: 'alignment and offset', bytes: [0x28, 2, 0x80, 0x80, 0x04], want: { end: 5, index: 0 } },
    { name: 'a padded alignment', bytes: [0x28, 0x82, 0x00, 4], want: { end: 4, index: 0 } },
    { name: 'a lane behind a memory access', bytes: [0xfd, 0x54, 0, 0, 9], want: { code: 0xfd0054, end: 5, index: 9 } },
    { name: 'an empty branch table', bytes: [0x0e, 0, 7], want: { end: 3, index: 7, targets: [7] } },
    {
      name: 'a branch table, the default last',
      bytes: [0x0e, 2, 4, 5, 6],
      want: { end: 5, index: 6, targets: [4, 5, 6] },
    },
    {
      name: 'the labels of a try table, not its tags',
      bytes: [0x1f, 0x40, 4, 0, 9, 1, 1, 9, 2, 2, 3, 3, 4],
      want: { end: 13, index: -64, targets: [1, 2, 3, 4] },
    },
    { name: 'a list of types', bytes: [0x1c, 2, 0x7f, 0x64, 0x6b], want: { end: 5 } },
    { name: 'a heap type', bytes: [0xd0, 0x6f], want: { end: 2, index: -17 } },
    { name: 'a heap type that is an index', bytes: [0xd0, 0x05], want: { end: 2, index: 5 } },
    { name: 'a cast with a branch', bytes: [0xfb, 0x18, 3, 8, 0x6e, 0x05], want: { end: 6, index: 8, index2: 5 } },
    { name: 'sixteen lanes', bytes: [0xfd, 0x0d, ...new Array(16).fill(0x80)], want: { end: 18 } },
  ];
  for (const { name, bytes, want } of cases) {
    test(`reads ${name}`, () => {
      expect(first([...bytes, 0x0b])).toMatchObject(want);
    });
  }

  test('reads one operator after the other, into the same object, up to the end that it was given', () => {
    const bytes = Uint8Array.of(0x41, 0x05, 0x0e, 1, 0, 0, 0x20, 0x01, 0x0b, 0x0b);
    const reader = new OperatorReader(bytes, 2, 9);
    const operator = newOperator();
    const seen: unknown[] = [];
    while (reader.next(operator)) {
      seen.push([operator.code, operator.start, operator.end, [...operator.targets]]);
    }
    expect(seen).toEqual([
      [0x0e, 2, 6, [0, 0]],
      [0x20, 6, 8, []],
      [0x0b, 8, 9, []],
    ]);
  });

  const refused = [
    { name: 'a byte that is no opcode', bytes: [0x27], says: 'unknown operator 0x27, at byte 0' },
    { name: 'a byte that is only an opcode inside of V8', bytes: [0xdc], says: 'unknown operator 0xdc' },
    { name: 'a number that is no opcode', bytes: [0x01, 0xfc, 0x13], says: 'unknown operator 0xfc 0x13, at byte 1' },
    { name: 'a number between the vector opcodes', bytes: [0xfd, 0x9a, 0x01], says: 'unknown operator 0xfd 0x9a' },
    { name: 'a number far above the opcodes', bytes: [0xfe, ...[0xff, 0xff, 0xff, 0xff, 0x0f]], says: '0xffffffff' },
    { name: 'a memory operator with memory index 0', bytes: [0x28, 0x42, 0, 0], says: 'names its memory, at byte 1' },
    { name: 'a memory operator with memory index 1', bytes: [0xfe, 0x10, 0x42, 1, 0], says: 'names its memory' },
    { name: 'a memory index behind a padded alignment', bytes: [0x28, 0xc2, 0x00, 0, 0], says: 'names its memory' },
    { name: 'a lane operator with a memory index', bytes: [0xfd, 0x54, 0x40, 1, 0, 0], says: 'names its memory' },
    { name: 'an alignment of new kinds of bits', bytes: [0x28, 0x80, 0x01, 0], says: 'names its memory' },
    {
      name: 'a value type that it does not know',
      bytes: [0x02, 0x62, 0x70],
      says: 'unknown value type 0x62, at byte 1',
    },
    { name: 'a heap type that it does not know', bytes: [0xd0, 0x68], says: 'unknown heap type' },
    { name: 'a catch clause that it does not know', bytes: [0x1f, 0x40, 1, 4, 0, 0], says: 'unknown catch clause 4' },
  ];
  for (const { name, bytes, says } of refused) {
    test(`refuses ${name}`, () => {
      const failure = failureOf([...bytes, 0x0b, 0x0b]);
      expect(failure.code).toBe('COMPONENT_UNSUPPORTED');
      expect(failure.message).toContain(says);
    });
  }

  const cut = [
    { name: 'an index', bytes: [0x10, 0x80] },
    { name: 'a constant', bytes: [0x44, 0, 0, 0] },
    { name: 'an opcode behind a prefix', bytes: [0xfc, 0x8a] },
    { name: 'a block type', bytes: [0x02] },
    { name: 'a branch table that says it has a billion labels', bytes: [0x0e, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0, 0] },
    { name: 'a try table that says it has a billion clauses', bytes: [0x1f, 0x40, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0] },
    { name: 'a list of a billion types', bytes: [0x1c, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0x7f] },
  ];
  for (const { name, bytes } of cut) {
    test(`ends with an error in ${name} that is cut off`, () => {
      expect(failureOf(bytes)).toMatchObject({ code: expect.stringMatching(/^COMPONENT_/) });
    });
  }

  test('reads any bytes as operators without gaps, or ends with a PluginError', () => {
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const reader = new OperatorReader(bytes, 0, bytes.length);
        const operator = newOperator();
        let at = 0;
        try {
          while (reader.next(operator)) {
            expect(operator.start).toBe(at);
            expect(operator.end).toBeGreaterThan(at);
            expect(operator.targets.length).toBeLessThanOrEqual(bytes.length);
            at = operator.end;
          }
          expect(at).toBe(bytes.length);
          outcomes.read++;
        } catch (error) {
          if (!(error instanceof PluginError)) throw error;
          outcomes.refused++;
        }
      }),
      { numRuns: 5000 },
    );
    expect(outcomes.read).toBeGreaterThan(50);
    expect(outcomes.refused).toBeGreaterThan(50);
  });
});
