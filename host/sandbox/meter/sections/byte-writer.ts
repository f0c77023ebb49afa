/** Bytes that are written front to back, in one buffer that grows. */

/** Lengths that are known only afterwards get this many bytes: LEB128 allows leading zeros. */
const LENGTH_BYTES = 5;
/** Below this, a loop beats making a view for `set`. */
const SHORT = 48;

export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far, as a view. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Unsigned LEB128, in `width` bytes at least. */
  u32(value: number, width = 1): void {
    this.#reserve(LENGTH_BYTES);
    this.#length = writeLeb(this.#bytes, this.#length, value, width);
  }

  put(bytes: Uint8Array | readonly number[]): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The bytes of `source` from `start` to `end`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    const bytes = this.#bytes;
    if (length > SHORT) {
      bytes.set(source.subarray(start, end), this.#length);
    } else {
      for (let from = start, to = this.#length; from < end; from++, to++) {
        bytes[to] = source[from]!;
      }
    }
    this.#length += length;
  }

  /** Leave room for the length of what follows. @returns what {@link close} wants. */
  open(): number {
    this.#reserve(LENGTH_BYTES);
    this.#length += LENGTH_BYTES;
    return this.#length;
  }

  /** @returns the length of what was written since. */
  close(opened: number): number {
    const length = this.#length - opened;
    writeLeb(this.#bytes, opened - LENGTH_BYTES, length, LENGTH_BYTES);
    return length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, Math.ceil(this.#bytes.length * 1.5)));
      larger.set(this.view());
      this.#bytes = larger;
    }
  }
}

/** @returns where it ends. */
function writeLeb(bytes: Uint8Array, start: number, value: number, width: number): number {
  let at = start;
  let left = value;
  while (left >= 0x80 || at < start + width - 1) {
    bytes[at++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  bytes[at++] = left;
  return at;
}
