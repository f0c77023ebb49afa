/**
 * One header block of a tar archive.
 *
 *   | name 100 | mode 8 | uid 8 | gid 8 | size 12 | mtime 12 | sum 8 | type 1 | linkname 100 |
 *   | magic 8 | uname 32 | gname 32 | major 8 | minor 8 | prefix 155 | 12 |
 *
 * Three kinds, told by the magic: the oldest without one, `ustar` of POSIX with a prefix of the name, and GNU's, which has other things
 * there. Pure: bytes in, numbers and texts out.
 * Layout: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 */
import { PluginError } from '../../../errors/index.js';

export const BLOCK_BYTES = 512;

/** As it stands there, before extended headers have their say. */
export interface RawHeader {
  /** One character; `0` also for the NUL of old archives. */
  readonly type: string;
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly major: number;
  readonly minor: number;
}

const NUL = 0;
const SPACE = 0x20;
const SUM_AT = 148;
const SUM_BYTES = 8;
const MAGIC_AT = 257;
const POSIX_MAGIC = 'ustar\0';
const GNU_MAGIC = 'ustar ';
const BINARY = 0x80;
const NEGATIVE = 0x40;
const BYTE = 256;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws PluginError `IMAGE_UNSUPPORTED`. */
export function malformed(why: string): PluginError {
  return new PluginError('IMAGE_UNSUPPORTED', `Cannot read a tar archive: ${why}`);
}

/**
 * @param block - 512 bytes; neither kept nor modified.
 * @returns undefined for a block of zeros, which is how an archive ends.
 * @throws PluginError `IMAGE_UNSUPPORTED` if its sum is wrong, a number is none, or a name is no UTF-8.
 */
export function readHeader(block: Uint8Array): RawHeader | undefined {
  if (block.every((byte) => byte === NUL)) {
    return undefined;
  }
  checkSum(block);
  const magic = latin1(block.subarray(MAGIC_AT, MAGIC_AT + POSIX_MAGIC.length));
  const known = magic === POSIX_MAGIC || magic === GNU_MAGIC;
  const prefix = magic === POSIX_MAGIC ? textField(block, 345, 155) : '';
  const name = textField(block, 0, 100);
  const type = block[156] === NUL ? '0' : latin1(block.subarray(156, 157));
  return {
    // The oldest archives know a folder by the slash alone.
    type: type === '0' && name.endsWith('/') ? '5' : type,
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: textField(block, 157, 100),
    mode: numberField(block, 100, 8),
    uid: numberField(block, 108, 8),
    gid: numberField(block, 116, 8),
    size: numberField(block, 124, 12),
    mtimeSeconds: numberField(block, 136, 12),
    major: known ? numberField(block, 329, 8) : 0,
    minor: known ? numberField(block, 337, 8) : 0,
  };
}

/** Bytes of a name as text. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('a name in it is no UTF-8');
  }
}

/** The sum of all bytes with its own field as spaces; some old programs took bytes for signed. */
function checkSum(block: Uint8Array): void {
  let unsigned = SUM_BYTES * SPACE;
  let signed = unsigned;
  // An iterator would take longer than all else that is done for a small file.
  for (let at = 0; at < BLOCK_BYTES; at++) {
    if (at < SUM_AT || at >= SUM_AT + SUM_BYTES) {
      const byte = block[at] as number;
      unsigned += byte;
      signed += byte < BYTE / 2 ? byte : byte - BYTE;
    }
  }
  const stored = numberField(block, SUM_AT, SUM_BYTES);
  if (stored !== unsigned && stored !== signed) {
    throw malformed('a header has the wrong checksum');
  }
}

/** Up to a NUL, if there is one. */
function textField(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(NUL);
  return decodeName(end < 0 ? field : field.subarray(0, end));
}

/** Octal digits, or GNU's way for what these cannot say: the first bit set, and a number in two's complement. Nothing is 0. */
function numberField(block: Uint8Array, at: number, length: number): number {
  const field = block.subarray(at, at + length);
  const first = field[0] as number;
  if ((first & BINARY) !== 0) {
    return binaryNumber(field, first);
  }
  const text = latin1(field).replace(/\0.*$/s, '').trim();
  if (!/^[0-7]*$/.test(text)) {
    throw malformed('a number in a header is not octal');
  }
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function binaryNumber(field: Uint8Array, first: number): number {
  const isNegative = (first & NEGATIVE) !== 0;
  // The bit that marks the kind is no part of the number.
  let value = isNegative ? (first & (BINARY - 1)) - BINARY : first & (BINARY - 1);
  for (const byte of field.subarray(1)) {
    value = value * BYTE + byte;
  }
  if (!Number.isSafeInteger(value)) {
    throw malformed('a number in a header is too large');
  }
  return value;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
