import { describe, expect, test } from 'vitest';
import { pluginObjects, pluginSif, withBytes } from '../../test/support/sif-sample.js';
import {
  addObject,
  DATA_TYPE,
  deleteObject,
  FS_TYPE,
  PARTITION_TYPE,
  partitionExtra,
  readSif,
  type SifInput,
  signatureExtra,
  writeSif,
} from './index.js';

const file = pluginSif();
const json = (text: string): SifInput => ({ type: DATA_TYPE.genericJson, data: new TextEncoder().encode(text) });
const primary: SifInput = {
  type: DATA_TYPE.partition,
  data: new Uint8Array(10),
  extra: partitionExtra({ fsType: FS_TYPE.squashfs, partitionType: PARTITION_TYPE.primarySystem, arch: '02' }),
};
const ids = (bytes: Uint8Array): number[] => readSif(bytes).objects.map((one) => one.id);

describe('addObject()', () => {
  test('one by one gives the same bytes as all at once', () => {
    const built = pluginObjects().reduce((bytes, object) => addObject(bytes, object), writeSif([]));
    expect(built).toEqual(file);
  });

  test('fills the lowest free slot, behind the used data', () => {
    const edited = addObject(deleteObject(file, 1), json('{}'));
    expect(readSif(edited).objects[0]).toMatchObject({ id: 1, offset: 34892, size: 2 });
  });

  test('reuses a deleted tail and cuts off what is left of it', () => {
    const edited = addObject(deleteObject(file, 2), json('{}'));
    expect(edited.length).toBe(34818);
    expect(readSif(edited, { profile: 'strict' }).objects[1]).toMatchObject({ id: 2, offset: 34816 });
  });

  test('leaves nothing of a deleted tail in an alignment gap', () => {
    const edited = addObject(deleteObject(file, 2), primary);
    expect(readSif(edited).objects[1]?.offset).toBe(36864);
    expect(edited.subarray(34816, 36864).every((byte) => byte === 0)).toBe(true);
  });

  test('sets the header arch from a primary partition, and deleteObject() resets it', () => {
    const edited = addObject(file, primary);
    expect(readSif(edited, { profile: 'strict' }).header.arch).toBe('02');
    expect(readSif(deleteObject(edited, 3, { compact: true }), { profile: 'strict' }).header.arch).toBe('00');
  });

  test('refuses a second primary partition', () => {
    expect(() => addObject(addObject(file, primary), primary)).toThrow(RangeError);
    expect(() => writeSif([primary, primary])).toThrow(RangeError);
  });

  test('says that no slot is free', () => {
    const full = writeSif(pluginObjects(), { capacity: 2 });
    expect(() => addObject(full, json('{}'))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    expect(ids(addObject(deleteObject(full, 2), json('{}')))).toEqual([1, 2]);
  });

  test('keeps header bytes that it does not understand', () => {
    const odd = withBytes(file, 0, Array(32).fill(0xff));
    expect(addObject(odd, json('{}')).subarray(0, 32)).toEqual(odd.subarray(0, 32));
  });
});

describe('deleteObject()', () => {
  test('clears the slot and leaves the bytes', () => {
    const edited = deleteObject(file, 1);
    expect(ids(edited)).toEqual([2]);
    expect(edited.length).toBe(file.length);
    expect(edited.subarray(32768)).toEqual(file.subarray(32768));
    expect(edited.subarray(4096, 4096 + 585).every((byte) => byte === 0)).toBe(true);
  });

  test('zeroes the bytes of the object only', () => {
    const edited = deleteObject(file, 1, { zero: true });
    expect(edited.subarray(32768, 34816).every((byte) => byte === 0)).toBe(true);
    expect(edited.subarray(34816)).toEqual(file.subarray(34816));
  });

  test('compacts to the end of the last used object', () => {
    expect(deleteObject(file, 1, { compact: true }).length).toBe(file.length);
    const edited = deleteObject(file, 2, { compact: true, zero: true });
    expect(edited.length).toBe(34816);
    expect(readSif(deleteObject(edited, 1, { compact: true })).header.dataSize).toBe(0);
  });

  test('does not touch its input', () => {
    const before = file.slice();
    deleteObject(file, 1, { zero: true, compact: true });
    addObject(file, json('{}'));
    expect(file).toEqual(before);
  });

  test('refuses an ID that is not there', () => {
    expect(() => deleteObject(file, 3)).toThrow(RangeError);
  });
});

describe('times', () => {
  const dated = writeSif(pluginObjects(), { time: 1000n });
  const cases = [
    { name: 'a deterministic image stays one', bytes: file, time: undefined, want: -62135596800n },
    { name: 'a dated image keeps its date', bytes: dated, time: undefined, want: 1000n },
    { name: 'the time of the edit wins', bytes: dated, time: 2000n, want: 2000n },
    {
      name: 'a zero time with a UUID is a date',
      bytes: writeSif([], { uuid: new Uint8Array(16).fill(1) }),
      time: 5n,
      want: 5n,
    },
  ];
  for (const { name, bytes, time, want } of cases) {
    test(name, () => {
      const edited = addObject(bytes, json('{}'), time === undefined ? {} : { time });
      const { header, objects } = readSif(edited);
      expect([header.modified, objects.at(-1)?.created]).toEqual([want, want]);
    });
  }
});

describe('writeSif() refuses', () => {
  const cases: { name: string; make: () => unknown }[] = [
    { name: 'a name of 129 bytes', make: () => writeSif([{ ...json(''), name: 'a'.repeat(129) }]) },
    { name: 'a name with a control character', make: () => writeSif([{ ...json(''), name: 'a\u001b' }]) },
    { name: 'a name that is half a character', make: () => writeSif([{ ...json(''), name: '\ud800' }]) },
    { name: 'an extra of 385 bytes', make: () => writeSif([{ ...json(''), extra: new Uint8Array(385) }]) },
    { name: 'a group that reaches the tag', make: () => writeSif([{ ...json(''), group: 2 ** 28 }]) },
    { name: 'a link to object 0', make: () => writeSif([{ ...json(''), link: { kind: 'object', id: 0 } }]) },
    { name: 'a link to group 0', make: () => writeSif([{ ...json(''), link: { kind: 'group', group: 0 } }]) },
    { name: 'a fractional alignment', make: () => writeSif([{ ...json(''), alignment: 1.5 }]) },
    { name: 'type 0', make: () => writeSif([{ ...json(''), type: 0 }]) },
    { name: 'a time of 65 bits', make: () => writeSif([{ ...json(''), time: 2n ** 63n }]) },
    { name: 'a launch script of 32 bytes', make: () => writeSif([], { launchScript: 'a'.repeat(32) }) },
    { name: 'a launch script with NUL', make: () => writeSif([], { launchScript: 'a\0b' }) },
    { name: 'a UUID of 15 bytes', make: () => writeSif([], { uuid: new Uint8Array(15) }) },
    { name: 'a time of 65 bits for all', make: () => writeSif([], { time: 2n ** 63n }) },
    { name: 'more objects than slots', make: () => writeSif([json('')], { capacity: 0 }) },
    { name: 'an architecture of one digit', make: () => partitionExtra({ fsType: 4, partitionType: 3, arch: '2' }) },
    { name: 'a signature entity of 257 bytes', make: () => signatureExtra(1, new Uint8Array(257)) },
  ];
  for (const { name, make } of cases) {
    test(name, () => expect(make).toThrow(RangeError));
  }
});

test('writeSif() accepts the largest values', () => {
  const launchScript = '#!/usr/bin/env run-singularity\n';
  const object = {
    ...json('x'),
    name: 'é'.repeat(64),
    extra: new Uint8Array(384).fill(1),
    group: 2 ** 28 - 1,
    alignment: 2 ** 20,
  };
  const { header, objects } = readSif(writeSif([object], { launchScript, time: 2n ** 63n - 1n }));
  expect(header.launchScript).toBe(launchScript);
  expect(objects[0]).toMatchObject({
    name: object.name,
    group: object.group,
    offset: 2 ** 20,
    created: 2n ** 63n - 1n,
  });
});
