// A Huffman code of DEFLATE (RFC 1951, section 3.2.2), ready to decode.

/** Codes up to this long are looked up at once; the few longer ones bit by bit. */
// @ts-ignore: decorator
@inline export const FAST_BITS: i32 = 10;
// @ts-ignore: decorator
@inline export const MAX_BITS: i32 = 15;
const MAX_SYMBOLS: i32 = 288;

export class Huffman {
  /** By the next bits: symbol << 4 | length of its code; 0 where the code is longer. */
  readonly fast: StaticArray<u16> = new StaticArray<u16>(1 << FAST_BITS);
  /** How many codes there are of each length, and the symbols in the order of their codes. */
  private counts: StaticArray<u16> = new StaticArray<u16>(MAX_BITS + 1);
  private symbols: StaticArray<u16> = new StaticArray<u16>(MAX_SYMBOLS);

  /**
   * @param lengths - of each symbol's code, 0 for one that does not occur.
   * @returns false for lengths that no code has. One single code, or none, is fine: distances may have so few.
   */
  build(lengths: StaticArray<u8>, from: i32, count: i32): bool {
    const counts = this.counts;
    memory.fill(changetype<usize>(counts), 0, (MAX_BITS + 1) << 1);
    for (let i = 0; i < count; ++i) counts[lengths[from + i]] += 1;
    counts[0] = 0;
    let left = 1;
    let codes = 0;
    for (let size = 1; size <= MAX_BITS; ++size) {
      left = (left << 1) - <i32>counts[size];
      codes += counts[size];
      if (left < 0) return false;
    }
    if (left > 0 && codes > 1) return false;
    this.order(lengths, from, count);
    return true;
  }

  /** Decode a code that is longer than FAST_BITS. @returns symbol << 4 | length, or -1. */
  slow(bits: u64): i32 {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let size = 1; size <= MAX_BITS; ++size) {
      code |= <i32>((bits >> (size - 1)) & 1);
      const count = <i32>unchecked(this.counts[size]);
      if (code - count < first) return (<i32>unchecked(this.symbols[index + code - first]) << 4) | size;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return -1;
  }

  private order(lengths: StaticArray<u8>, from: i32, count: i32): void {
    const offsets = new StaticArray<i32>(MAX_BITS + 2);
    const codes = new StaticArray<i32>(MAX_BITS + 2);
    for (let size = 1; size <= MAX_BITS; ++size) {
      offsets[size + 1] = offsets[size] + this.counts[size];
      codes[size + 1] = (codes[size] + this.counts[size]) << 1;
    }
    memory.fill(changetype<usize>(this.fast), 0, 2 << FAST_BITS);
    for (let symbol = 0; symbol < count; ++symbol) {
      const size = <i32>lengths[from + symbol];
      if (size == 0) continue;
      this.symbols[offsets[size]++] = <u16>symbol;
      const code = codes[size]++;
      if (size > FAST_BITS) continue;
      for (let at = reversed(code, size); at < 1 << FAST_BITS; at += 1 << size) this.fast[at] = <u16>((symbol << 4) | size);
    }
  }
}

/** Codes come with their first bit lowest. */
function reversed(code: i32, size: i32): i32 {
  let result = 0;
  for (let i = 0; i < size; ++i) result |= ((code >> i) & 1) << (size - 1 - i);
  return result;
}
