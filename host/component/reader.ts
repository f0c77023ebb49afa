/**
 * A cursor over bytes that somebody else wrote.
 *
 * Every read is checked against the end of the range, and every list element is charged to one shared budget, so the
 * work that a file can cause is bounded by the budget, whatever its counts say. Offsets in errors are those of the
 * whole file. Encodings: WebAssembly core specification, "Binary Format", sections "Values" and "Modules".
 */
import { malformed, tooMany } from './failures.js';

/** Counts down over all readers of one decoding. */
export interface Budget {
  left: number;
  readonly limit: number;
}

const U32_BITS_IN_LAST_BYTE = 0x0f;
const CONTINUE = 0x80;
const SIGN = 0x40;
const MAX_S33_BYTES = 5;
const MAX_U32 = 0xffffffff;
/** Bytes of a name that cost as much as an item: names are kept, and kept again for each instantiation. */
const NAME_BYTES_PER_ITEM = 64;
// A leading byte-order mark is part of a name; the default would drop it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One range of one file. The bytes are neither copied nor modified. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #budget: Budget;
  readonly #nameBytes: number;
  #at: number;

  constructor(bytes: Uint8Array, budget: Budget, nameBytes: number, start = 0, end = bytes.byteLength) {
    this.#bytes = bytes;
    this.#budget = budget;
    this.#nameBytes = nameBytes;
    this.#at = start;
    this.#end = end;
  }

  /** Offset of the next byte, from the start of the file. */
  get offset(): number {
    return this.#at;
  }

  get end(): number {
    return this.#end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Take `count` items from the budget. @throws PluginError `LIMIT_EXCEEDED` when it is used up. */
  charge(count: number): void {
    this.#budget.left -= count;
    if (this.#budget.left < 0) {
      throw tooMany(this.#at, 'it has too many definitions', this.#budget.limit);
    }
  }

  u8(): number {
    if (this.#at >= this.#end) {
      throw malformed(this.#at, 'it ends too early');
    }
    return this.#bytes[this.#at++]!;
  }

  /** The next byte without moving, or -1 at the end. */
  peek(): number {
    return this.#at < this.#end ? this.#bytes[this.#at]! : -1;
  }

  /** Unsigned LEB128, at most five bytes, at most 2^32 - 1. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & ~CONTINUE) << shift;
      if (byte < CONTINUE) {
        return value;
      }
    }
    const last = this.u8();
    if (last > U32_BITS_IN_LAST_BYTE) {
      throw malformed(this.#at - 1, 'a number does not fit in 32 bits');
    }
    return (value | (last << 28)) >>> 0;
  }

  /** A type index where a type opcode could stand too: a signed LEB128 of 33 bits that is not negative. */
  s33Index(): number {
    const at = this.#at;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_S33_BYTES; i++) {
      const byte = this.u8();
      value += (byte & ~CONTINUE) * scale;
      scale *= CONTINUE;
      if (byte < CONTINUE) {
        if ((byte & SIGN) !== 0 || value > MAX_U32) {
          break;
        }
        return value;
      }
    }
    throw malformed(at, 'a type index is out of range');
  }

  /** A `u32` that must be below `bound`, such as an index into a space of `bound` entries. */
  index(bound: number, space: string): number {
    const at = this.#at;
    const value = this.u32();
    if (value >= bound) {
      throw malformed(at, `it refers to ${space} ${value} of ${bound}`);
    }
    return value;
  }

  /** Length of a list, checked against the bytes that remain (an element takes at least one) and charged. */
  count(): number {
    const at = this.#at;
    const value = this.u32();
    if (value > this.#end - this.#at) {
      throw malformed(at, `a list of ${value} elements does not fit in ${this.#end - this.#at} bytes`);
    }
    this.charge(value);
    return value;
  }

  /** A UTF-8 string with its length in front; a long one is charged. */
  name(): string {
    const at = this.#at;
    const length = this.u32();
    if (length > this.#end - this.#at) {
      throw malformed(at, `a name of ${length} bytes does not fit in ${this.#end - this.#at}`);
    }
    if (length > this.#nameBytes) {
      throw tooMany(at, `a name takes ${length} bytes`, this.#nameBytes);
    }
    this.charge(Math.floor(length / NAME_BYTES_PER_ITEM));
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    try {
      return utf8.decode(bytes);
    } catch {
      throw malformed(at, 'a name is not valid UTF-8');
    }
  }

  /** `0x00`, or `0x01` and what `read` reads. */
  optional<T>(read: () => T): T | undefined {
    const at = this.#at;
    const present = this.u8();
    if (present > 1) {
      throw malformed(at, `an optional item starts with ${present}`);
    }
    return present === 1 ? read() : undefined;
  }

  /** A reader of the next `length` bytes; this one moves behind them. */
  range(length: number, what: string): Reader {
    const start = this.#at;
    if (length > this.#end - start) {
      throw malformed(start, `${what} needs ${length} bytes, ${this.#end - start} are left`);
    }
    this.#at = start + length;
    return new Reader(this.#bytes, this.#budget, this.#nameBytes, start, this.#at);
  }

  /** A second reader of the same range, at its current place. */
  fork(): Reader {
    return new Reader(this.#bytes, this.#budget, this.#nameBytes, this.#at, this.#end);
  }

  /** What is left of the range, as a view. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#end);
  }

  /** @throws PluginError `COMPONENT_MALFORMED` unless all of the range was read. */
  finish(what: string): void {
    if (this.#at !== this.#end) {
      throw malformed(this.#at, `${what} has ${this.#end - this.#at} bytes too many`);
    }
  }
}
