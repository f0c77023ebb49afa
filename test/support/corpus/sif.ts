/** Images of two objects in 1306 bytes, and what can be wrong with them. */
import { encodeDescriptor } from '../../../host/sif/descriptor.js';
import { encodeHeader } from '../../../host/sif/header.js';
import { writeSif } from '../../../host/sif/index.js';
import { DATA_TYPE, DESCRIPTOR, DESCRIPTOR_SIZE, HEADER, HEADER_SIZE } from '../../../host/sif/layout.js';
import type { SifDescriptor, SifLink } from '../../../host/sif/types.js';
import { withBytes, withI64, withU32 } from '../sif-sample.js';
import { type Corpus, good, refused, utf8 } from './entry.js';

/** Extra of a signature over SHA-256. */
const SHA256 = Uint8Array.of(1, 0, 0, 0);
const malformed = refused('SIF_MALFORMED');
const tooMuch = refused('LIMIT_EXCEEDED');

const SLOTS = 2;
const TABLE_SIZE = SLOTS * DESCRIPTOR_SIZE;
const DATA = HEADER_SIZE + TABLE_SIZE;
const DATA_SIZE = 8;
const END = DATA + DATA_SIZE;
const MAX_I64 = 2n ** 63n - 1n;

const object = (id: number, fields: Partial<SifDescriptor> = {}): SifDescriptor => ({
  id,
  type: DATA_TYPE.generic,
  group: 1,
  link: { kind: 'none' },
  offset: DATA + (id - 1) * 4,
  size: 4,
  paddedSize: 4,
  created: 0n,
  modified: 0n,
  uid: 0n,
  gid: 0n,
  name: `object ${id}`,
  extra: new Uint8Array(),
  ...fields,
});

function image(objects: readonly SifDescriptor[], dataSize = DATA_SIZE, arch = '00', launchScript = ''): Uint8Array {
  const file = new Uint8Array(DATA + dataSize);
  encodeHeader(
    {
      launchScript,
      arch,
      uuid: new Uint8Array(16),
      created: 0n,
      modified: 0n,
      descriptorsFree: SLOTS - objects.length,
      descriptorsTotal: SLOTS,
      tableOffset: HEADER_SIZE,
      tableSize: TABLE_SIZE,
      dataOffset: DATA,
      dataSize,
    },
    file,
  );
  for (const one of objects) {
    encodeDescriptor(one, file.subarray(slot(one.id), slot(one.id) + DESCRIPTOR_SIZE));
    file.fill(0x60 + one.id, one.offset, one.offset + one.size);
  }
  return file;
}

const slot = (id: number): number => HEADER_SIZE + (id - 1) * DESCRIPTOR_SIZE;
const two = image([object(1), object(2)]);
const header = (field: keyof typeof HEADER, value: bigint): Uint8Array => withI64(two, HEADER[field], value);
const second = (field: keyof typeof DESCRIPTOR, value: bigint): Uint8Array =>
  withI64(two, slot(2) + DESCRIPTOR[field], value);
const linked = (link: SifLink, type: number = DATA_TYPE.generic, target: Partial<SifDescriptor> = {}): Uint8Array =>
  image([
    object(1, target),
    object(2, { link, type, extra: type === DATA_TYPE.signature ? SHA256 : new Uint8Array() }),
  ]);

const partition = (kind: number, fs = 4, arch = '00'): Partial<SifDescriptor> => ({
  type: DATA_TYPE.partition,
  extra: Uint8Array.of(fs, 0, 0, 0, kind, 0, 0, 0, ...utf8(arch)),
});

export const sif: Corpus = {
  decoder: 'sif',
  extension: 'sif',
  entries: [
    good('two-objects-the-last-byte-is-data', two),
    good('no-objects-and-no-data', image([], 0)),
    good('a-free-slot-before-a-used-one', image([object(2)])),
    good('an-empty-object-where-the-data-ends', image([object(1), object(2, { offset: END, size: 0, paddedSize: 0 })])),
    good(
      'two-empty-objects-at-one-place',
      image([object(1, { size: 0, paddedSize: 0 }), object(2, { offset: DATA, size: 0, paddedSize: 0 })]),
    ),
    good('zeros-between-two-objects', image([object(1, { size: 1, paddedSize: 1 }), object(2)])),
    good('a-link-to-another-object', linked({ kind: 'object', id: 1 })),
    good('a-signature-of-one-object', linked({ kind: 'object', id: 1 }, DATA_TYPE.signature)),
    good('a-name-that-fills-its-field', image([object(1, { name: 'x'.repeat(128) })])),
    good('times-at-both-ends-of-their-range', image([object(1, { created: MAX_I64, modified: -MAX_I64 - 1n })])),
    good(
      'a-type-that-nobody-knows-with-anything-as-extra',
      image([object(1, { type: 0x7fff_ffff, extra: new Uint8Array(384).fill(0xff) })]),
    ),
    good('a-launch-script', image([object(1)], DATA_SIZE, '00', '#!/bin/sh\n')),
    good(
      'a-primary-partition-of-the-header-s-architecture',
      image([object(1, partition(2, 1, '02'))], DATA_SIZE, '02'),
    ),
    good('a-table-at-its-usual-place', writeSif([], { capacity: 1 })),

    malformed('nothing', []),
    malformed('cut-inside-the-magic', two.subarray(0, 40)),
    malformed('cut-one-byte-before-the-end-of-the-header', two.subarray(0, 127)),
    malformed('cut-where-the-table-starts', two.subarray(0, 128)),
    malformed('cut-inside-the-table', two.subarray(0, slot(2) + 100)),
    malformed('cut-where-the-data-starts', two.subarray(0, DATA)),
    malformed('cut-one-byte-before-the-end', two.subarray(0, END - 1)),
    malformed('a-magic-with-one-bit-changed', withBytes(two, HEADER.magic, [0x52])),
    malformed('version-02', withBytes(two, HEADER.version, [0x30, 0x32])),
    tooMuch('two-to-the-32-less-one-descriptors', header('total', 0xffff_ffffn)),
    tooMuch('4097-descriptors', withI64(header('total', 4097n), HEADER.tableSize, 4097n * BigInt(DESCRIPTOR_SIZE))),
    malformed('a-negative-count-of-descriptors', header('total', -1n)),
    malformed('more-free-descriptors-than-there-are', header('free', 3n)),
    malformed('one-free-descriptor-too-many', header('free', 1n)),
    malformed('a-table-one-byte-too-short', header('tableSize', BigInt(TABLE_SIZE - 1))),
    malformed('a-table-inside-the-header', header('tableOffset', 127n)),
    malformed('a-table-one-byte-into-the-data', header('tableOffset', 129n)),
    malformed('a-table-at-two-to-the-53', header('tableOffset', 2n ** 53n)),
    malformed('data-that-starts-one-byte-past-the-end', header('dataOffset', BigInt(END + 1))),
    malformed('data-one-byte-longer-than-the-file', header('dataSize', BigInt(DATA_SIZE + 1))),
    malformed('data-of-two-to-the-63-less-one-bytes', header('dataSize', MAX_I64)),
    malformed('a-used-byte-of-two', withBytes(two, slot(2) + DESCRIPTOR.used, [2])),
    malformed('an-unused-slot-that-holds-something', withBytes(two, slot(2) + DESCRIPTOR.used, [0])),
    malformed('the-id-of-another-slot', withU32(two, slot(2) + DESCRIPTOR.id, 1)),
    malformed('a-group-without-its-tag', withU32(two, slot(2) + DESCRIPTOR.group, 1)),
    malformed('a-link-with-half-a-tag', withU32(two, slot(2) + DESCRIPTOR.link, 0x1000_0001)),
    malformed('an-object-one-byte-before-the-data', second('offset', BigInt(DATA - 1))),
    malformed('an-object-one-byte-past-the-data', second('size', 5n)),
    malformed('an-object-at-two-to-the-63-less-one', second('offset', MAX_I64)),
    malformed('an-object-of-negative-size', second('size', -1n)),
    malformed('a-padded-size-below-the-size', second('paddedSize', 3n)),
    malformed(
      'two-objects-that-share-one-byte',
      withI64(second('offset', BigInt(DATA + 3)), slot(2) + DESCRIPTOR.size, 4n),
    ),
    malformed('two-objects-at-one-place', second('offset', BigInt(DATA))),
    malformed('a-link-to-itself', linked({ kind: 'object', id: 2 })),
    malformed('a-link-to-an-object-that-is-not-there', linked({ kind: 'object', id: 3 })),
    malformed('a-link-to-an-empty-group', linked({ kind: 'group', group: 9 })),
    malformed(
      'a-signature-of-a-signature',
      linked({ kind: 'object', id: 1 }, DATA_TYPE.signature, { type: DATA_TYPE.signature, extra: SHA256 }),
    ),
    malformed('a-name-that-is-not-utf-8', withBytes(two, slot(2) + DESCRIPTOR.name, [0xff])),
    malformed('a-name-with-nul-inside', withBytes(two, slot(2) + DESCRIPTOR.name + 2, [0])),
    malformed('a-name-with-a-terminal-escape', withBytes(two, slot(2) + DESCRIPTOR.name, [0x1b])),
    malformed('a-byte-behind-the-data', two, [0]),
    malformed('a-byte-in-a-gap', withBytes(image([object(1, { size: 1, paddedSize: 1 }), object(2)]), DATA + 2, [1])),
    malformed('two-primary-partitions', image([object(1, partition(2)), object(2, partition(2))])),
    malformed('a-file-system-that-nobody-knows', image([object(1, partition(3, 7))])),
    malformed('an-architecture-without-a-partition', image([object(1)], DATA_SIZE, '02')),
  ],
};
