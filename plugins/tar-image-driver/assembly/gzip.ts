// gzip (RFC 1952) around DEFLATE (RFC 1951): members one after the other, each with its checksum.
import { Bits } from "./bits";
import { crc32 } from "./crc32";
import { FAST_BITS, Huffman } from "./huffman";
import { problem } from "./problem";
import { Source } from "./source";

/** How far back a copy may reach, and the longest that one is with what `copy` writes behind it. */
const HISTORY: i32 = 32768;
const LONGEST: i32 = 258 + 8;

const LENGTH_BASE: StaticArray<u16> = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA: StaticArray<u8> = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE: StaticArray<u16> = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
  12289, 16385, 24577,
];
const DISTANCE_EXTRA: StaticArray<u8> = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const CODE_ORDER: StaticArray<u8> = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const enum State {
  /** Before a member: its header, or the end. */
  Member,
  /** Before a block. */
  Block,
  Stored,
  Coded,
  End,
}

export class GzipSource extends Source {
  private input: Bits = new Bits();
  private state: State = State.Member;
  private lastBlock: bool = false;
  private members: i32 = 0;
  /** Bytes of a stored block that are to come. */
  private stored: i32 = 0;
  private literals: Huffman = new Huffman();
  private distances: Huffman = new Huffman();
  private lengths: StaticArray<u8> = new StaticArray<u8>(320);
  private crc: u32 = 0;
  /** Bytes of this member, for its trailer and for copies that would reach before it. */
  private size: i64 = 0;

  /** @param atOnce - how many bytes to decode ahead: few for who only looks at the first. */
  constructor(private atOnce: i32) {
    super(HISTORY);
  }

  protected refill(): bool {
    const before = this.end;
    const room = min(this.buffer.length - LONGEST, before + this.atOnce);
    while (this.end < room && this.state != State.End) {
      if (!this.step(room)) return false;
    }
    return this.end > before;
  }

  private step(room: i32): bool {
    switch (this.state) {
      case State.Member: return this.readMember();
      case State.Block: return this.readBlock();
      case State.Stored: return this.noted(this.copyStored(room));
      default: return this.noted(this.decode(room));
    }
  }

  /** @param from - where the bytes that a step added begin; -1 after a problem. */
  private noted(from: i32): bool {
    if (from < 0) return false;
    this.crc = crc32(this.crc, this.buffer.dataStart + from, this.end - from);
    this.size += this.end - from;
    return this.state == State.Member ? this.readTrailer() : true;
  }

  private readMember(): bool {
    const input = this.input;
    if (this.members++ > 0 && input.atEnd) {
      this.state = State.End;
      return true;
    }
    input.fill();
    const start = input.take(24);
    if (start != 0x088b1f) {
      return problem(this.members == 1 ? "it is not gzip" : "there is something behind the end of the gzip stream");
    }
    const flags = input.take(8);
    input.fill();
    input.drop(48);
    if (flags & 0xe0) return problem("the gzip header has flags that nobody knows");
    if (flags & 4) {
      input.fill();
      for (let left = input.take(16); left > 0 && !input.overrun; --left) this.nextByte();
    }
    if (flags & 8) while (this.nextByte() != 0) {}
    if (flags & 16) while (this.nextByte() != 0) {}
    if (flags & 2) {
      input.fill();
      input.drop(16);
    }
    this.crc = 0;
    this.size = 0;
    this.state = State.Block;
    return this.whole();
  }

  /** A byte of the header; 0, which ends every text, at the end of the image. */
  private nextByte(): u32 {
    this.input.fill();
    return this.input.overrun ? 0 : this.input.take(8);
  }

  private readTrailer(): bool {
    const input = this.input;
    input.align();
    input.fill();
    const crc = input.take(32);
    input.fill();
    const size = input.take(32);
    if (!this.whole()) return false;
    return crc == this.crc && size == <u32>this.size ? true : problem("its checksum is wrong");
  }

  private whole(): bool {
    return this.input.overrun ? problem("the gzip stream ends too early") : true;
  }

  private readBlock(): bool {
    const input = this.input;
    input.fill();
    this.lastBlock = input.take(1) == 1;
    const kind = input.take(2);
    if (!this.whole()) return false;
    this.state = State.Coded;
    if (kind == 2) return this.readCodes();
    if (kind == 1) return this.fixedCodes();
    if (kind == 3) return this.broken();
    this.state = State.Stored;
    input.align();
    input.fill();
    const size = input.take(16);
    if (size != (~input.take(16) & 0xffff)) return this.broken();
    this.stored = size;
    return this.whole();
  }

  private fixedCodes(): bool {
    const lengths = this.lengths;
    for (let i = 0; i < 288; ++i) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    this.literals.build(lengths, 0, 288);
    for (let i = 0; i < 32; ++i) lengths[i] = 5;
    return this.distances.build(lengths, 0, 32);
  }

  private readCodes(): bool {
    const input = this.input;
    const lengths = this.lengths;
    input.fill();
    const literals = <i32>input.take(5) + 257;
    const distances = <i32>input.take(5) + 1;
    const codes = <i32>input.take(4) + 4;
    if (literals > 286 || distances > 30) return this.broken();
    for (let i = 0; i < 19; ++i) {
      input.fill();
      lengths[CODE_ORDER[i]] = i < codes ? <u8>input.take(3) : 0;
    }
    if (!this.literals.build(lengths, 0, 19)) return this.broken();
    for (let i = 0; i < literals + distances;) {
      input.fill();
      const symbol = this.symbolOf(this.literals);
      if (symbol < 0) return this.broken();
      if (symbol < 16) {
        lengths[i++] = <u8>symbol;
        continue;
      }
      if (symbol == 16 && i == 0) return this.broken();
      const value = symbol == 16 ? lengths[i - 1] : 0;
      let repeat = symbol == 16 ? 3 + input.take(2) : symbol == 17 ? 3 + input.take(3) : 11 + input.take(7);
      if (i + <i32>repeat > literals + distances) return this.broken();
      for (; repeat > 0; --repeat) lengths[i++] = value;
    }
    if (lengths[256] == 0) return this.broken();
    const fits = this.literals.build(lengths, 0, literals) && this.distances.build(lengths, literals, distances);
    return fits ? this.whole() : this.broken();
  }

  // @ts-ignore: decorator
  @inline private symbolOf(code: Huffman): i32 {
    const input = this.input;
    let found = <i32>unchecked(code.fast[<i32>(input.bits & ((1 << FAST_BITS) - 1))]);
    if (found == 0) {
      found = code.slow(input.bits);
      if (found < 0) return -1;
    }
    input.drop(found & 15);
    return found >> 4;
  }

  private broken(): bool {
    return problem("the gzip stream is damaged");
  }

  private copyStored(room: i32): i32 {
    const from = this.end;
    const part = min(this.stored, room - from);
    const count = this.input.copy(this.buffer.dataStart + from, part);
    if (count < part) {
      problem("the gzip stream ends too early");
      return -1;
    }
    this.end += count;
    this.stored -= count;
    if (this.stored == 0) this.endBlock();
    return from;
  }

  private endBlock(): void {
    this.state = this.lastBlock ? State.Member : State.Block;
  }

  /** Decode until the block ends or the window is full. @returns where it began to add; -1 after a problem. */
  private decode(room: i32): i32 {
    const input = this.input;
    const from = this.end;
    const base = this.buffer.dataStart;
    // A copy must not reach before this member.
    const least = <i64>from - this.size;
    let end = from;
    while (end < room) {
      input.fill();
      let symbol = this.symbolOf(this.literals);
      if (symbol < 256) {
        if (symbol < 0) return this.failed();
        store<u8>(base + end++, <u8>symbol);
        continue;
      }
      if (symbol == 256) {
        this.endBlock();
        break;
      }
      if (symbol > 285) return this.failed();
      const size = <i32>unchecked(LENGTH_BASE[symbol - 257]) + <i32>input.take(unchecked(LENGTH_EXTRA[symbol - 257]));
      symbol = this.symbolOf(this.distances);
      if (symbol < 0 || symbol > 29) return this.failed();
      const back = <i32>unchecked(DISTANCE_BASE[symbol]) + <i32>input.take(unchecked(DISTANCE_EXTRA[symbol]));
      if (end - back < 0 || <i64>(end - back) < least) return this.failed();
      copy(base + end, base + end - back, size, back);
      end += size;
      if (input.overrun) return this.failed();
    }
    this.end = end;
    return this.whole() ? from : -1;
  }

  private failed(): i32 {
    this.broken();
    return -1;
  }
}

/** Copy from what lies `back` before; where that is nearer than `size` the bytes repeat. */
// @ts-ignore: decorator
@inline function copy(to: usize, from: usize, size: i32, back: i32): void {
  if (back >= 8) {
    // Writes up to seven bytes more than asked for, into room that comes next anyway.
    for (let i = 0; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
  } else {
    for (let i = 0; i < size; ++i) store<u8>(to + i, load<u8>(from + i));
  }
}
