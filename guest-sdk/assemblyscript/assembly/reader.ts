// msgpack reader over bytes that somebody else wrote: bounded, and it never traps.
//
// AssemblyScript cannot catch, so a bad byte sets `failed` and every later read answers a zero value; whoever started
// the reader looks at `failed` once, at the end. Lengths are compared with the bytes that remain before anything is allocated.
// Twin of the decoder in host/abi; both run test/golden/abi.
import { Value } from "./value";

/** As deep as a message may nest (docs/abi.md, "Messages"). */
// @ts-ignore: decorator
@inline export const MAX_DEPTH: i32 = 64;

/** Every whole number up to here is exact in a float64, and so in every host. */
// @ts-ignore: decorator
@inline const MAX_INT: i64 = 9007199254740991;

export class Reader {
  /** Set by the first thing that is not what was asked for; never cleared. */
  failed: bool = false;

  /** 1 once a message's own map or list is open: what is skipped then lies one level down. */
  private inside: i32 = 0;

  /** Keeps the bytes alive when they belong to the garbage collector. */
  private owner: Uint8Array | null = null;

  /** @param at - next byte. @param end - one past the last. The memory must outlive the reader. */
  constructor(
    private at: usize,
    private end: usize,
  ) {}

  static of(bytes: Uint8Array): Reader {
    const reader = new Reader(bytes.dataStart, bytes.dataStart + bytes.length);
    reader.owner = bytes;
    return reader;
  }

  /** Address of the next byte. */
  get position(): usize {
    return this.at;
  }

  /** Whether everything was read, and nothing went wrong. */
  get done(): bool {
    return !this.failed && this.at == this.end;
  }

  /** The tag of the next value without reading it; 0xc1, which msgpack never uses, at the end. */
  peek(): u8 {
    return this.at < this.end ? load<u8>(this.at) : 0xc1;
  }

  /** Read a nil if one is next. */
  tryNil(): bool {
    if (this.peek() != 0xc0) return false;
    this.at++;
    return true;
  }

  readNil(): void {
    if (!this.tryNil()) this.fail();
  }

  readBool(): bool {
    const tag = this.readTag();
    if ((tag & 0xfe) != 0xc2) this.fail();
    return tag == 0xc3;
  }

  /** Any width, within +-(2^53 - 1); also a float64 without a fraction, since some encoders write large integers so. */
  readInt(): i64 {
    const value = this.readAnyInt();
    if (value <= MAX_INT && value >= -MAX_INT) return value;
    this.fail();
    return 0;
  }

  private readAnyInt(): i64 {
    const tag = this.readTag();
    if (tag < 0x80) return tag;
    if (tag >= 0xe0) return <i8>tag;
    switch (tag) {
      case 0xcc: return this.readBits(1);
      case 0xcd: return this.readBits(2);
      case 0xce: return this.readBits(4);
      case 0xcf: {
        const value = this.readBits(8);
        return value <= <u64>MAX_INT ? <i64>value : i64.MAX_VALUE;
      }
      case 0xd0: return <i8>this.readBits(1);
      case 0xd1: return <i16>this.readBits(2);
      case 0xd2: return <i32>this.readBits(4);
      case 0xd3: return this.readBits(8);
      case 0xcb: {
        const value = reinterpret<f64>(this.readBits(8));
        // Also false for NaN.
        if (abs(value) <= <f64>MAX_INT && trunc(value) == value) return <i64>value;
      }
    }
    this.fail();
    return 0;
  }

  /** A float of either width, or an integer. */
  readF64(): f64 {
    const tag = this.peek();
    if (tag == 0xcb) {
      this.at++;
      return reinterpret<f64>(this.readBits(8));
    }
    if (tag == 0xca) {
      this.at++;
      return reinterpret<f32>(<u32>this.readBits(4));
    }
    return <f64>this.readInt();
  }

  readStr(): string {
    const size = this.readStrSize();
    return this.failed ? "" : String.UTF8.decodeUnsafe(this.take(size), size);
  }

  /** Whether the next string is `text`, which must be ASCII: reads it without making a string of it. */
  readStrIs(text: string): bool {
    const size = this.readStrSize();
    const from = this.take(size);
    if (this.failed || size != text.length) return false;
    for (let i = 0; i < size; ++i) {
      if (<i32>load<u8>(from + i) != text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** A copy of the bytes. */
  readBin(): Uint8Array {
    const tag = this.readTag();
    let size = 0;
    if (tag >= 0xc4 && tag <= 0xc6) size = this.readSize(tag - 0xc4);
    else this.fail();
    const from = this.take(size);
    const bytes = new Uint8Array(this.failed ? 0 : size);
    memory.copy(bytes.dataStart, from, bytes.length);
    return bytes;
  }

  /** Copy bytes to `to`, where there is room for `most`; more of them fail. Returns how many came. */
  readBinInto(to: usize, most: i32): i32 {
    const tag = this.readTag();
    let size = 0;
    if (tag >= 0xc4 && tag <= 0xc6) size = this.readSize(tag - 0xc4);
    else this.fail();
    if (size > most) this.fail();
    const from = this.take(size);
    if (this.failed) return 0;
    memory.copy(to, from, size);
    return size;
  }

  /** How many values follow: each takes at least one byte, so a count above what remains fails. */
  readArrayHeader(): i32 {
    const tag = this.readTag();
    this.inside = 1;
    if ((tag & 0xf0) == 0x90) return this.checkCount(tag & 0x0f, 1);
    if (tag == 0xdc || tag == 0xdd) return this.checkCount(this.readSize(tag - 0xdb), 1);
    this.fail();
    return 0;
  }

  /** How many pairs of key and value follow. */
  readMapHeader(): i32 {
    const tag = this.readTag();
    this.inside = 1;
    if ((tag & 0xf0) == 0x80) return this.checkCount(tag & 0x0f, 2);
    if (tag == 0xde || tag == 0xdf) return this.checkCount(this.readSize(tag - 0xdd), 2);
    this.fail();
    return 0;
  }

  /** Any value, with a copy of its bytes that outlives the message; parts are decoded when they are asked for. */
  readValue(): Value {
    const from = this.at;
    this.skip();
    return this.failed ? Value.missing() : Value.packed(from, this.at - from);
  }

  /** Step over one value of any kind, at most `MAX_DEPTH` deep. */
  skip(): void {
    this.skipNested(MAX_DEPTH - this.inside);
  }

  /** Mark the message as malformed. What is read from here on is zero. */
  fail(): void {
    this.failed = true;
    this.at = this.end;
  }

  private skipNested(depth: i32): void {
    const tag = this.peek();
    if (isArrayTag(tag) || isMapTag(tag)) {
      if (depth == 0) return this.fail();
      if (isMapTag(tag)) {
        for (let pairs = this.readMapHeader(); pairs > 0; --pairs) {
          this.take(this.readStrSize());
          this.skipNested(depth - 1);
        }
      } else {
        for (let items = this.readArrayHeader(); items > 0; --items) this.skipNested(depth - 1);
      }
    } else if (isStrTag(tag)) this.take(this.readStrSize());
    else {
      this.at++;
      if (tag >= 0xc4 && tag <= 0xc6) this.take(this.readSize(tag - 0xc4));
      else if (tag >= 0xcc && tag <= 0xd3) this.take(1 << (tag & 3));
      else if (tag == 0xcb) this.take(8);
      else if (tag == 0xca) this.take(4);
      else if (tag >= 0x80 && tag < 0xe0 && tag != 0xc0 && tag != 0xc2 && tag != 0xc3) this.fail();
    }
  }

  private readTag(): u8 {
    const tag = this.peek();
    if (this.at < this.end) this.at++;
    else this.fail();
    return tag;
  }

  private readStrSize(): i32 {
    const tag = this.readTag();
    if ((tag & 0xe0) == 0xa0) return tag & 0x1f;
    if (tag >= 0xd9 && tag <= 0xdb) return this.readSize(tag - 0xd9);
    this.fail();
    return 0;
  }

  /** A length of 1, 2 or 4 bytes; one that does not fit in the bytes that remain fails. */
  private readSize(log2Width: i32): i32 {
    const size = this.readBits(1 << log2Width);
    if (size > this.end - this.at) {
      this.fail();
      return 0;
    }
    return <i32>size;
  }

  private checkCount(count: i32, bytesEach: i32): i32 {
    if (count > <i32>(this.end - this.at) / bytesEach) {
      this.fail();
      return 0;
    }
    return count;
  }

  /** `width` bytes, big-endian. */
  private readBits(width: i32): u64 {
    const from = this.take(width);
    if (this.failed) return 0;
    let bits: u64 = 0;
    for (let i = 0; i < width; ++i) bits = (bits << 8) | load<u8>(from + i);
    return bits;
  }

  /** Step over `size` bytes; returns where they start. */
  private take(size: i32): usize {
    const from = this.at;
    if (<usize>size > this.end - from) this.fail();
    else this.at = from + size;
    return from;
  }
}

export function isMapTag(tag: u8): bool {
  return (tag & 0xf0) == 0x80 || tag == 0xde || tag == 0xdf;
}

export function isArrayTag(tag: u8): bool {
  return (tag & 0xf0) == 0x90 || tag == 0xdc || tag == 0xdd;
}

export function isStrTag(tag: u8): bool {
  return (tag & 0xe0) == 0xa0 || (tag >= 0xd9 && tag <= 0xdb);
}

export function isIntTag(tag: u8): bool {
  return tag < 0x80 || tag >= 0xe0 || (tag >= 0xcc && tag <= 0xd3);
}
