/**
 * The bounded look at a message before the codec sees it.
 *
 * A guest chose these bytes. After this scan they are one complete msgpack value of the ABI's subset: nothing nests deeper
 * than it may, every length fits, text is UTF-8, map keys are strings, integers are exact, and there is no extension
 * type. So what follows needs no bounds of its own, and allocates in proportion to what was counted here.
 * Format: the MessagePack specification of 2017-08 (github.com/msgpack/msgpack, spec.md, "Formats").
 */
import { isUtf8 } from 'node:buffer';
import { PluginError } from '../errors/index.js';
import type { MarkedText } from './byte-order-marks.js';
import { losesMark } from './byte-order-marks.js';

/** As deep as lists and maps may nest. Every SDK has the same number. */
export const MAX_DEPTH = 64;

/**
 * As many values, keys among them, as one message may hold. One byte can be an empty map, which costs this process some
 * hundred bytes: without the bound a message of 16 MiB could take gigabytes.
 */
export const MAX_VALUES = 262_144;

// Text up to this many bytes is checked here byte by byte: calling out costs more than that.
const SHORT_TEXT = 48;

/** Bytes after the tags c0 to df where the tag alone says how many; -1 where it does not. */
const FIXED_SIZES: readonly number[] = [
  // nil, unused, false, true, bin 8-32, ext 8-32, float 32, float 64
  ...[0, -1, 0, 0, -1, -1, -1, -1, -1, -1, 4, 8],
  // uint 8-64, int 8-64, fixext 1-16, str 8-32, array 16-32, map 16-32
  ...[1, 2, 4, -1, 1, 2, 4, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1],
];

/**
 * Check a message.
 *
 * @param bytes - the whole message; neither kept nor modified. It must not change meanwhile.
 * @param what - what to call it in an error: `request`, `response`.
 * @returns the texts that need `keepMarks` before msgpackr; undefined where there are none, as nearly always.
 * @throws PluginError `ABI_MALFORMED` with the offset of the offending byte.
 */
export function scan(bytes: Uint8Array, what: string): readonly MarkedText[] | undefined {
  const scanner = new Scanner(bytes, what);
  scanner.value(0);
  if (scanner.at !== bytes.length) {
    scanner.fail(scanner.at, `${bytes.length - scanner.at} bytes follow the message`);
  }
  return scanner.marked;
}

class Scanner {
  at = 0;
  marked: MarkedText[] | undefined;
  private values = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly what: string,
  ) {}

  /** Step over one value. `depth` is how many containers it is in. */
  value(depth: number): void {
    const start = this.at;
    const tag = this.tag();
    if (tag < 0x80 || tag >= 0xe0) {
      return;
    }
    if (tag < 0x90) {
      this.pairs(tag & 0x0f, depth, start);
    } else if (tag < 0xa0) {
      this.items(tag & 0x0f, depth, start);
    } else if (tag < 0xc0) {
      this.text(tag & 0x1f, start);
    } else {
      this.tagged(tag, depth, start);
    }
  }

  fail(at: number, problem: string): never {
    throw new PluginError('ABI_MALFORMED', `Cannot read ${this.what}: ${problem}, at byte ${at}`, {
      details: { offset: at },
    });
  }

  /** The tags from c0 to df. */
  private tagged(tag: number, depth: number, start: number): void {
    const fixedSize = FIXED_SIZES[tag - 0xc0]!;
    if (fixedSize >= 0) {
      this.skip(fixedSize, start);
    } else if (tag === 0xcf || tag === 0xd3) {
      this.wideInteger(tag === 0xd3, start);
    } else if (tag >= 0xd9 && tag <= 0xdb) {
      this.text(this.size(1 << (tag - 0xd9)), start);
    } else if (tag >= 0xc4 && tag <= 0xc6) {
      this.skip(this.size(1 << (tag - 0xc4)), start);
    } else if (tag === 0xdc || tag === 0xdd) {
      this.items(this.size(tag === 0xdc ? 2 : 4), depth, start);
    } else if (tag === 0xde || tag === 0xdf) {
      this.pairs(this.size(tag === 0xde ? 2 : 4), depth, start);
    } else {
      this.fail(start, tag === 0xc1 ? 'byte c1 starts no value' : 'extension types are not part of the ABI');
    }
  }

  private items(count: number, depth: number, start: number): void {
    this.enter(count, 1, depth, start);
    for (let i = 0; i < count; i++) {
      this.value(depth + 1);
    }
  }

  private pairs(count: number, depth: number, start: number): void {
    this.enter(count, 2, depth, start);
    for (let i = 0; i < count; i++) {
      const keyAt = this.at;
      const tag = this.tag();
      if (tag >= 0xa0 && tag < 0xc0) {
        this.text(tag & 0x1f, keyAt);
      } else if (tag >= 0xd9 && tag <= 0xdb) {
        this.text(this.size(1 << (tag - 0xd9)), keyAt);
      } else {
        this.fail(keyAt, 'a map has a key that is not a string');
      }
      this.value(depth + 1);
    }
  }

  /** Every element takes a byte at least, so a count above what remains is a lie: no need to read on to find out. */
  private enter(count: number, bytesEach: number, depth: number, start: number): void {
    if (depth >= MAX_DEPTH) {
      this.fail(start, `lists and maps nest deeper than ${MAX_DEPTH}`);
    }
    const left = this.bytes.length - this.at;
    if (count * bytesEach > left) {
      this.fail(start, `${count} elements cannot be in the ${left} bytes that remain`);
    }
    this.values += count * bytesEach;
    if (this.values > MAX_VALUES) {
      this.fail(start, `it has more than ${MAX_VALUES} values`);
    }
  }

  private text(size: number, start: number): void {
    const from = this.at;
    this.skip(size, start);
    if (!(size <= SHORT_TEXT && this.isAscii(from)) && !isUtf8(this.bytes.subarray(from, this.at))) {
      this.fail(start, 'a string is not UTF-8');
    }
    if (losesMark(this.bytes, from, size)) {
      this.marked ??= [];
      this.marked.push({ headerAt: start, textAt: from, textSize: size });
    }
  }

  private isAscii(from: number): boolean {
    for (let i = from; i < this.at; i++) {
      if (this.bytes[i]! >= 0x80) {
        return false;
      }
    }
    return true;
  }

  /** 64 bits, of which a double holds 53. */
  private wideInteger(signed: boolean, start: number): void {
    this.skip(8, start);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + start + 1, 8);
    const value = signed ? view.getBigInt64(0) : view.getBigUint64(0);
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
      this.fail(start, `integer ${value} is outside ±(2^53 - 1)`);
    }
  }

  private tag(): number {
    const tag = this.bytes[this.at];
    if (tag === undefined) {
      this.fail(this.at, 'it ends in the middle of a value');
    }
    this.at++;
    return tag;
  }

  /** A big-endian length of `width` bytes. */
  private size(width: number): number {
    const from = this.at;
    this.skip(width, from - 1);
    let size = 0;
    for (let i = 0; i < width; i++) {
      // Multiplied, not shifted: a shift would make the upper half of the 32-bit lengths negative.
      size = size * 0x100 + this.bytes[from + i]!;
    }
    return size;
  }

  private skip(size: number, start: number): void {
    const left = this.bytes.length - this.at;
    if (size > left) {
      this.fail(start, `a value of ${size} bytes cannot be in the ${left} bytes that remain`);
    }
    this.at += size;
  }
}
