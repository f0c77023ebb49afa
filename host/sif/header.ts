import { PluginError } from '../errors/index.js';
import { aboveLimit, malformed, truncated } from './fail.js';
import { equalBytes, paddedText, readSize, viewOf } from './fields.js';
import { DESCRIPTOR_SIZE, HEADER, HEADER_SIZE, LAUNCH_SIZE, MAGIC, UUID_SIZE, VERSION } from './layout.js';
import { DEFAULT_SIF_LIMITS, type SifLimits } from './limits.js';
import type { SifHeader } from './types.js';

/**
 * Read the first 128 bytes of an image.
 *
 * Apart from the file, so that a container image of gigabytes can be read in parts: its head, then `tableSize` bytes at
 * `tableOffset` for `readSifDescriptors`, then the objects that are wanted. Every number is checked against the file's
 * length here, so a caller may allocate what the header asks for.
 *
 * @param head - at least the first 128 bytes; neither kept (but see `uuid`) nor modified.
 * @param fileLength - bytes of the whole file.
 * @returns the header; `uuid` is a view onto `head`.
 * @throws PluginError `SIF_MALFORMED` with offset and reason; `LIMIT_EXCEEDED` above `maxDescriptors` or `maxFileBytes`.
 */
export function readSifHeader(head: Uint8Array, fileLength: number, limits: SifLimits = DEFAULT_SIF_LIMITS): SifHeader {
  if (fileLength > limits.maxFileBytes) throw aboveLimit('the file length', fileLength, limits.maxFileBytes);
  if (head.length < HEADER_SIZE || fileLength < HEADER_SIZE) {
    // Whatever is long enough to say so may be some other file.
    if (head.length >= HEADER.arch) checkMagic(head);
    throw truncated('header', 0, `it needs ${HEADER_SIZE} bytes, the file has ${Math.min(head.length, fileLength)}`);
  }
  checkMagic(head);
  const header = decodeHeader(head);
  if (header.descriptorsTotal > limits.maxDescriptors) {
    throw aboveLimit('the number of descriptors', header.descriptorsTotal, limits.maxDescriptors);
  }
  checkExtents(header, fileLength);
  return header;
}

/** Whether `head`, the first bytes of some file, claims to be a SIF. Says nothing about the rest. */
export function isSif(head: Uint8Array): boolean {
  return equalBytes(head.subarray(HEADER.magic, HEADER.version), MAGIC);
}

function checkMagic(head: Uint8Array): void {
  if (!isSif(head)) {
    throw new PluginError('SIF_MALFORMED', `Cannot read SIF header at byte ${HEADER.magic}: the magic is missing`, {
      hint: 'Check the file: it is not a SIF image.',
      details: { what: 'header', offset: HEADER.magic, reason: 'the magic is missing' },
    });
  }
  const version = head.subarray(HEADER.version, HEADER.arch);
  if (!equalBytes(version, VERSION)) {
    const found = [...version].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw malformed('header', HEADER.version, `the version is ${found}, only 30 31 00 ("01") is known`);
  }
}

function decodeHeader(head: Uint8Array): SifHeader {
  const view = viewOf(head);
  const size = (at: number, field: string): number => readSize(view, at, 0, 'header', field);
  return {
    launchScript: paddedText(head.subarray(HEADER.launch, HEADER.launch + LAUNCH_SIZE)),
    arch: paddedText(head.subarray(HEADER.arch, HEADER.uuid)),
    uuid: head.subarray(HEADER.uuid, HEADER.uuid + UUID_SIZE),
    created: view.getBigInt64(HEADER.created, true),
    modified: view.getBigInt64(HEADER.modified, true),
    descriptorsFree: size(HEADER.free, 'free descriptor count'),
    descriptorsTotal: size(HEADER.total, 'total descriptor count'),
    tableOffset: size(HEADER.tableOffset, 'descriptor table offset'),
    tableSize: size(HEADER.tableSize, 'descriptor table size'),
    dataOffset: size(HEADER.dataOffset, 'data offset'),
    dataSize: size(HEADER.dataSize, 'data size'),
  };
}

// The table lies between header and data, the data ends inside the file. Subtract, never add: sums may leave 2^53.
function checkExtents(header: SifHeader, fileLength: number): void {
  const { descriptorsTotal, descriptorsFree, tableOffset, tableSize, dataOffset, dataSize } = header;
  const fail = (at: number, reason: string, error = malformed): never => {
    throw error('header', at, reason);
  };
  if (tableSize !== descriptorsTotal * DESCRIPTOR_SIZE) {
    fail(
      HEADER.tableSize,
      `the table size is ${tableSize}, ${descriptorsTotal} descriptors need ${descriptorsTotal * DESCRIPTOR_SIZE}`,
    );
  }
  if (descriptorsFree > descriptorsTotal) {
    fail(HEADER.free, `${descriptorsFree} descriptors are free of only ${descriptorsTotal}`);
  }
  if (tableOffset < HEADER_SIZE) {
    fail(HEADER.tableOffset, `the table offset is ${tableOffset}, inside the header of ${HEADER_SIZE} bytes`);
  }
  if (dataOffset > fileLength) {
    fail(HEADER.dataOffset, `the data offset is ${dataOffset}, the file has ${fileLength} bytes`, truncated);
  }
  if (tableSize > dataOffset || tableOffset > dataOffset - tableSize) {
    fail(
      HEADER.tableOffset,
      `the table of ${tableSize} bytes at ${tableOffset} runs past the data offset ${dataOffset}`,
    );
  }
  if (dataSize > fileLength - dataOffset) {
    fail(
      HEADER.dataSize,
      `the data of ${dataSize} bytes at ${dataOffset} runs past the end of the file at ${fileLength}`,
      truncated,
    );
  }
}

/** Write `header` into the first 128 bytes of `target`. The launch script and the arch must fit; the writers check that. */
export function encodeHeader(header: SifHeader, target: Uint8Array): void {
  const view = viewOf(target);
  const text = new TextEncoder();
  target.fill(0, 0, HEADER_SIZE);
  target.set(text.encode(header.launchScript), HEADER.launch);
  target.set(MAGIC, HEADER.magic);
  target.set(VERSION, HEADER.version);
  target.set(text.encode(header.arch), HEADER.arch);
  target.set(header.uuid, HEADER.uuid);
  view.setBigInt64(HEADER.created, header.created, true);
  view.setBigInt64(HEADER.modified, header.modified, true);
  view.setBigInt64(HEADER.free, BigInt(header.descriptorsFree), true);
  view.setBigInt64(HEADER.total, BigInt(header.descriptorsTotal), true);
  view.setBigInt64(HEADER.tableOffset, BigInt(header.tableOffset), true);
  view.setBigInt64(HEADER.tableSize, BigInt(header.tableSize), true);
  view.setBigInt64(HEADER.dataOffset, BigInt(header.dataOffset), true);
  view.setBigInt64(HEADER.dataSize, BigInt(header.dataSize), true);
}

/** The header fields that an edit changes; the rest of the header stays byte for byte. */
export interface HeaderChange {
  readonly modified: bigint;
  readonly descriptorsFree: number;
  readonly dataSize: number;
  /** Two digits; left out when the edit does not touch the primary partition. */
  readonly arch?: string | undefined;
}

export function updateHeader(change: HeaderChange, target: Uint8Array): void {
  const view = viewOf(target);
  view.setBigInt64(HEADER.modified, change.modified, true);
  view.setBigInt64(HEADER.free, BigInt(change.descriptorsFree), true);
  view.setBigInt64(HEADER.dataSize, BigInt(change.dataSize), true);
  if (change.arch !== undefined) target.set(new TextEncoder().encode(`${change.arch}\0`), HEADER.arch);
}
