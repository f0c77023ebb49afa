import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pluginSif, signatureObject } from '../../test/support/sif-sample.js';
import { PluginError } from '../errors/index.js';
import { addObject, deleteObject, readSif, type SifInput, writeSif } from './index.js';

const signed = addObject(pluginSif(), signatureObject(new Uint8Array(64).fill(7)));

/** Reads with both profiles; true if the bounded one accepts. Anything but a PluginError fails the test. */
function reads(bytes: Uint8Array): boolean {
  const results = (['bounded', 'strict'] as const).map((profile) => {
    try {
      const { header, objects } = readSif(bytes, { profile });
      for (const one of objects) expect(one.data.length).toBe(one.size);
      return { ok: true, count: objects.length + header.descriptorsFree };
    } catch (error) {
      expect(error).toBeInstanceOf(PluginError);
      expect(['SIF_MALFORMED', 'LIMIT_EXCEEDED']).toContain((error as PluginError).code);
      return { ok: false };
    }
  });
  // What strict accepts, bounded accepts.
  expect(results[1]?.ok && !results[0]?.ok).toBe(false);
  return results[0]?.ok === true;
}

const objectInput: fc.Arbitrary<SifInput> = fc
  .record({
    type: fc.constantFrom(0x4001, 0x4004, 0x4005, 0x4006, 0x4007, 0x7fff),
    data: fc.uint8Array({ maxLength: 200 }),
    name: fc.stringMatching(/^[a-z.é]{0,60}$/),
    group: fc.nat(5),
    alignment: fc.constantFrom(0, 1, 3, 512, 4096),
    extra: fc.uint8Array({ minLength: 8, maxLength: 384 }),
    time: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  })
  // Byte 4 of a partition's extra is its kind: never primary here, of which there may be only one.
  .map((input) => ({ ...input, extra: input.extra.map((byte, at) => (at === 4 ? 3 : byte)) }));

describe('readSif() returns or throws PluginError', () => {
  test('on random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => void reads(bytes)));
  });

  test('on random bytes behind a valid magic', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 128, maxLength: 5000 }), (bytes) => {
        bytes.set(signed.subarray(32, 45), 32);
        reads(bytes);
      }),
    );
  });

  test('on a valid image with changed bytes', () => {
    // Changes go where the structure is; the rest of the file is zeros and data.
    const at = fc.oneof(fc.nat(127), fc.integer({ min: 4096, max: 4096 + 4 * 585 }), fc.nat(signed.length - 1));
    const change = fc.tuple(at, fc.oneof(fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xf0, 0xff), fc.nat(255)));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = signed.slice();
        for (const [where, value] of changes) bytes[where] = value;
        reads(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test('on a valid image with a changed number', () => {
    const fields = [
      64,
      72,
      80,
      88,
      96,
      104,
      112,
      120,
      ...[0, 1, 2].flatMap((i) => [17, 25, 33, 41, 57].map((f) => 4096 + 585 * i + f)),
    ];
    const value = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 40000n }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...fields), value), { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = signed.slice();
        const view = new DataView(bytes.buffer);
        for (const [where, number] of changes) view.setBigInt64(where, number, true);
        reads(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test('on every length of a cut image near its edges', () => {
    for (const length of [0, 1, 42, 45, 127, 128, 4095, 4096, 32175, 32176, 34891, signed.length - 1]) {
      expect(reads(signed.subarray(0, length))).toBe(false);
    }
    expect(reads(signed)).toBe(true);
  });
});

test('what writeSif() wrote, readSif() reads', () => {
  fc.assert(
    fc.property(fc.array(objectInput, { maxLength: 8 }), fc.integer({ min: 8, max: 60 }), (inputs, capacity) => {
      const file = writeSif(inputs, { capacity });
      const { header, objects } = readSif(file);
      expect(header.descriptorsFree).toBe(capacity - inputs.length);
      expect(header.dataOffset + header.dataSize).toBe(file.length);
      for (const [i, one] of objects.entries()) {
        const input = inputs[i]!;
        expect(one).toMatchObject({
          id: i + 1,
          type: input.type,
          name: input.name,
          group: input.group,
          created: input.time,
        });
        expect(one.data).toEqual(input.data);
        expect(one.extra.subarray(0, input.extra?.length)).toEqual(input.extra);
        if (input.alignment! > 1) expect(one.offset % input.alignment!).toBe(0);
      }
      expect(Buffer.compare(writeSif(inputs, { capacity }), file)).toBe(0);
    }),
  );
});

type Step = { kind: 'add'; object: SifInput } | { kind: 'delete'; pick: number; zero: boolean; compact: boolean };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), object: objectInput }),
  fc.record({ kind: fc.constant('delete' as const), pick: fc.nat(20), zero: fc.boolean(), compact: fc.boolean() }),
);

test('any sequence of adds and deletes keeps the image whole and the other objects as they were', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let file = writeSif([], { capacity: 6 });
      const model = new Map<number, Uint8Array>();
      for (const one of steps) {
        const before = [...model.keys()].sort((a, b) => a - b);
        if (one.kind === 'delete') {
          if (before.length === 0) continue;
          const id = before[one.pick % before.length]!;
          file = deleteObject(file, id, one);
          model.delete(id);
        } else if (before.length === 6) {
          expect(() => addObject(file, one.object)).toThrow(PluginError);
        } else {
          const id = [1, 2, 3, 4, 5, 6].find((slot) => !model.has(slot))!;
          file = addObject(file, one.object);
          model.set(id, one.object.data);
        }
        const { objects } = readSif(file);
        expect(new Map(objects.map((object) => [object.id, object.data]))).toEqual(
          new Map([...model].sort(([a], [b]) => a - b)),
        );
      }
    }),
  );
});
