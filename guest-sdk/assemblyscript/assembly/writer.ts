// msgpack writer: the subset of the plugin ABI (nil, bool, int, float64, str, bin, array, map with string keys).
//
// One growing buffer that is handed to the host as it is: `dataStart` and `length` name the bytes, nothing is copied at the
// end. The buffer belongs to the garbage collector, so a writer that is dropped halfway leaks nothing.
// Twin of the encoder in host/abi; both run test/golden/abi.
import { Value } from "./value";

// @ts-ignore: decorator
@inline const START_CAPACITY: i32 = 256;

export class Writer {
  private buffer: StaticArray<u8> = changetype<StaticArray<u8>>(__new(START_CAPACITY, idof<StaticArray<u8>>()));
  private used: i32 = 0;

  /** Bytes written so far. */
  get length(): i32 {
    return this.used;
  }

  /** Address of the first byte; moves whenever something is written. */
  get dataStart(): usize {
    return changetype<usize>(this.buffer);
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.used);
    memory.copy(bytes.dataStart, this.dataStart, this.used);
    return bytes;
  }

  /** Begin a new message in the same buffer. */
  clear(): void {
    this.used = 0;
  }

  writeNil(): void {
    this.writeByte(0xc0);
  }

  writeBool(value: bool): void {
    this.writeByte(value ? 0xc3 : 0xc2);
  }

  /** Shortest form, as the host writes it. The ABI carries +-2^53; what is outside is refused by the host. */
  writeInt(value: i64): void {
    if (value >= 0) {
      if (value < 0x80) this.writeByte(<u8>value);
      else if (value <= 0xff) this.writeTagged(0xcc, <u64>value, 1);
      else if (value <= 0xffff) this.writeTagged(0xcd, <u64>value, 2);
      else if (value <= 0xffffffff) this.writeTagged(0xce, <u64>value, 4);
      else this.writeTagged(0xcf, <u64>value, 8);
    } else if (value >= -0x20) this.writeByte(<u8>value);
    else if (value >= i8.MIN_VALUE) this.writeTagged(0xd0, <u64>value, 1);
    else if (value >= i16.MIN_VALUE) this.writeTagged(0xd1, <u64>value, 2);
    else if (value >= i32.MIN_VALUE) this.writeTagged(0xd2, <u64>value, 4);
    else this.writeTagged(0xd3, <u64>value, 8);
  }

  writeF64(value: f64): void {
    this.writeTagged(0xcb, reinterpret<u64>(value), 8);
  }

  /** Lone surrogates become U+FFFD: the host accepts only valid UTF-8. */
  writeStr(value: string): void {
    const size = String.UTF8.byteLength(value);
    this.writeStrHeader(size);
    this.writeText(value, size);
  }

  /** Text without a header, `size` bytes of UTF-8. */
  writeText(value: string, size: i32): void {
    const at = this.reserve(size);
    String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, at, false, String.UTF8.ErrorMode.REPLACE);
  }

  /** The header of a string whose `size` bytes follow through `writeText`. */
  writeStrHeader(size: i32): void {
    if (size < 32) this.writeByte(<u8>(0xa0 | size));
    else this.writeSized(size, 0xd9, 0xda, 0xdb);
  }

  writeBin(value: Uint8Array): void {
    this.writeSized(value.length, 0xc4, 0xc5, 0xc6);
    this.writeRaw(value.dataStart, value.length);
  }

  writeArrayHeader(count: i32): void {
    if (count < 16) this.writeByte(<u8>(0x90 | count));
    else this.writeSized(count, 0, 0xdc, 0xdd);
  }

  writeMapHeader(count: i32): void {
    if (count < 16) this.writeByte(<u8>(0x80 | count));
    else this.writeSized(count, 0, 0xde, 0xdf);
  }

  writeValue(value: Value): void {
    value.encode(this);
  }

  /** Bytes that are msgpack already. */
  writeRaw(from: usize, size: i32): void {
    memory.copy(this.reserve(size), from, size);
  }

  writeByte(byte: u8): void {
    store<u8>(this.reserve(1), byte);
  }

  /** A tag, then the low `width` bytes of `bits`, big-endian. */
  private writeTagged(tag: u8, bits: u64, width: i32): void {
    const at = this.reserve(width + 1);
    store<u8>(at, tag);
    for (let i = width; i > 0; --i) {
      store<u8>(at + i, <u8>bits);
      bits >>= 8;
    }
  }

  /** A length with the tag of its width; tag8 = 0 where msgpack has no 8-bit form. */
  private writeSized(size: i32, tag8: u8, tag16: u8, tag32: u8): void {
    if (tag8 != 0 && size <= 0xff) this.writeTagged(tag8, size, 1);
    else if (size <= 0xffff) this.writeTagged(tag16, size, 2);
    else this.writeTagged(tag32, size, 4);
  }

  /** Room for `size` more bytes; returns where they go. */
  private reserve(size: i32): usize {
    const at = this.used;
    const capacity = this.buffer.length;
    // Subtract, never add: a sum of lengths near 2^31 wraps.
    if (size > capacity - at) {
      const wanted = <usize>max<u32>(<u32>capacity << 1, <u32>at + <u32>size);
      this.buffer = changetype<StaticArray<u8>>(__renew(changetype<usize>(this.buffer), wanted));
    }
    this.used = at + size;
    return this.dataStart + at;
  }
}
