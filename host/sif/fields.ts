import { malformed } from './fail.js';

/** A DataView over exactly the bytes of `bytes`, which may itself be a view. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A count, offset or size: an i64 that must be in 0 .. 2^53-1.
 *
 * @param at - offset in `view`.
 * @param base - offset of `view` in the file, for the message.
 * @throws PluginError `SIF_MALFORMED`.
 */
export function readSize(view: DataView, at: number, base: number, what: string, field: string): number {
  const value = view.getBigInt64(at, true);
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw malformed(what, base + at, `${field} is ${value}, it must be between 0 and 2^53-1`);
  }
  return Number(value);
}

export function isZero(bytes: Uint8Array): boolean {
  // Compared by Node: on the first call a loop over a table of descriptors takes V8 a millisecond.
  return equalBytes(bytes, new Uint8Array(bytes.length));
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The bytes before the first NUL, as text. Bytes that are not UTF-8 become U+FFFD. */
export function paddedText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(untilNul(bytes));
}

export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}
