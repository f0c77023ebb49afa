/**
 * A way around one flaw of msgpackr 2.1.3: text of 65 bytes and more goes through a TextDecoder that drops a leading byte
 * order mark (unpack.js, `readStringJS`), so a string would not come out as it went in, and only a long one.
 */

// Shorter text is decoded by msgpackr itself, which keeps the mark.
const DROPPED_FROM = 65;

/** Text that would lose its mark. Offsets in bytes of the message. */
export interface MarkedText {
  readonly headerAt: number;
  readonly textAt: number;
  readonly textSize: number;
}

/** Whether the text of `size` bytes at `at`, which must be inside `bytes`, would lose its mark. */
export function losesMark(bytes: Uint8Array, at: number, size: number): boolean {
  return size >= DROPPED_FROM && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
}

/**
 * Give every marked text a second mark, for msgpackr to drop.
 *
 * @param marked - from `scan` of the same bytes, in their order.
 * @returns a new message.
 */
export function keepMarks(bytes: Uint8Array, marked: readonly MarkedText[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (const { headerAt, textAt, textSize } of marked) {
    const header = new Uint8Array([0xdb, 0, 0, 0, 0, 0xef, 0xbb, 0xbf]);
    new DataView(header.buffer).setUint32(1, textSize + 3);
    parts.push(bytes.subarray(copied, headerAt), header);
    copied = textAt;
  }
  return Buffer.concat([...parts, bytes.subarray(copied)]);
}
