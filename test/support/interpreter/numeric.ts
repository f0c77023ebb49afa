/** Integer operators, by code: how many operands they take, and what they make of them. Division by zero is left to the caller. */
export interface Numeric {
  readonly operands: 1 | 2;
  readonly run: (a: never, b: never) => number | bigint;
}

const bool = (value: boolean): number => (value ? 1 : 0);
const u32 = (value: number): number => value >>> 0;
const i64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

function one<T extends number | bigint>(run: (a: T) => number | bigint): Numeric {
  return { operands: 1, run: run as Numeric['run'] };
}

function two<T extends number | bigint>(run: (a: T, b: T) => number | bigint): Numeric {
  return { operands: 2, run: run as Numeric['run'] };
}

export const numeric: ReadonlyMap<number, Numeric> = new Map([
  [0x45, one<number>((a) => bool(a === 0))],
  [0x46, two<number>((a, b) => bool(a === b))],
  [0x47, two<number>((a, b) => bool(a !== b))],
  [0x48, two<number>((a, b) => bool(a < b))],
  [0x49, two<number>((a, b) => bool(u32(a) < u32(b)))],
  [0x4a, two<number>((a, b) => bool(a > b))],
  [0x4b, two<number>((a, b) => bool(u32(a) > u32(b)))],
  [0x4d, two<number>((a, b) => bool(u32(a) <= u32(b)))],
  [0x4f, two<number>((a, b) => bool(u32(a) >= u32(b)))],
  [0x50, one<bigint>((a) => bool(a === 0n))],
  [0x51, two<bigint>((a, b) => bool(a === b))],
  [0x52, two<bigint>((a, b) => bool(a !== b))],
  [0x53, two<bigint>((a, b) => bool(a < b))],
  [0x56, two<bigint>((a, b) => bool(u64(a) > u64(b)))],
  [0x6a, two<number>((a, b) => (a + b) | 0)],
  [0x6b, two<number>((a, b) => (a - b) | 0)],
  [0x6c, two<number>((a, b) => Math.imul(a, b))],
  [0x6e, two<number>((a, b) => (u32(a) / u32(b)) | 0)],
  [0x70, two<number>((a, b) => (u32(a) % u32(b)) | 0)],
  [0x71, two<number>((a, b) => a & b)],
  [0x72, two<number>((a, b) => a | b)],
  [0x73, two<number>((a, b) => a ^ b)],
  [0x74, two<number>((a, b) => a << b)],
  [0x76, two<number>((a, b) => (a >>> b) | 0)],
  [0x7c, two<bigint>((a, b) => i64(a + b))],
  [0x7d, two<bigint>((a, b) => i64(a - b))],
  [0x7e, two<bigint>((a, b) => i64(a * b))],
  [0x80, two<bigint>((a, b) => i64(u64(a) / u64(b)))],
  [0x86, two<bigint>((a, b) => i64(a << (b & 63n)))],
  [0x88, two<bigint>((a, b) => i64(u64(a) >> (b & 63n)))],
  [0xa7, one<bigint>((a) => Number(BigInt.asIntN(32, a)))],
  [0xac, one<number>((a) => BigInt(a))],
  [0xad, one<number>((a) => BigInt(u32(a)))],
]);

/** Division and remainder. */
export const DIVIDES: ReadonlySet<number> = new Set([0x6e, 0x70, 0x80]);
