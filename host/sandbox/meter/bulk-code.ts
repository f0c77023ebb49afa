/** The bytes of the functions that do bulk operations in chunks; see bulk-helpers.ts. */
import { type FunctionCode, signedLeb } from './checks.js';

/** A bulk operation on `destination, source or value, length`: the three parameters of its helper. */
export interface BulkOperation {
  /** The operator with its immediates. */
  readonly operator: readonly number[];
  /** The length of what is written as an i64, and of what is read; a fill reads nothing. */
  readonly destinationSize: readonly number[];
  readonly sourceSize: readonly number[] | undefined;
  /** May both be the same memory or table, so that the direction matters? */
  readonly overlaps: boolean;
  /** Lengths up to here run at once; longer ones in chunks of that many. */
  readonly small: number;
  readonly chunk: number;
  /** From an i64 length on the stack to units. */
  readonly toUnits: readonly number[];
  readonly chunkUnits: number;
  readonly entryUnits: number;
}

const BLOCK = [0x02, 0x40];
const LOOP = [0x03, 0x40];
const IF = [0x04, 0x40];
const ELSE = [0x05];
const END = [0x0b];
const BR_OUT_OF_IF = [0x0c, 0x01];
const BR_IF_OUT = [0x0d, 0x00];
const RETURN = [0x0f];
const I32_GT_U = [0x4b];
const I32_LE_U = [0x4d];
const I64_GT_U = [0x56];
const I32_ADD = [0x6a];
const I32_SUB = [0x6b];
const I64_ADD = [0x7c];
export const I64_SHL = [0x86];
export const I64_SHR_U = [0x88];
export const I64_EXTEND_I32_U = [0xad];

const DESTINATION = 0;
const SOURCE = 1;
const LENGTH = 2;

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const i32 = (value: number): number[] => [0x41, ...signedLeb(value)];
export const i64 = (value: number): number[] => [0x42, ...signedLeb(value)];

/**
 * A helper's body: no locals, the operators, the last `end`.
 *
 *   if (length > small && in bounds) { chunks, from the start or from the end; the rest; check; return }
 *   the operator itself
 */
export function bulkBody(bulk: BulkOperation, code: FunctionCode): Uint8Array {
  const { operator, destinationSize, sourceSize, overlaps, small } = bulk;
  const arguments_ = [...get(DESTINATION), ...get(SOURCE), ...get(LENGTH)];
  const length = [...get(LENGTH), ...I64_EXTEND_I32_U, ...bulk.toUnits];
  const run = [...code.chargeOperand(length), ...arguments_, ...operator];
  const forward = chunks(bulk, code, false);
  return Uint8Array.from([
    0,
    ...code.charge(bulk.entryUnits),
    ...BLOCK,
    ...[...get(LENGTH), ...i32(small), ...I32_LE_U, ...BR_IF_OUT],
    ...code.at(0, true),
    ...leavesBounds(DESTINATION, destinationSize),
    ...(sourceSize === undefined ? [] : leavesBounds(SOURCE, sourceSize)),
    ...(overlaps
      ? [
          ...get(DESTINATION),
          ...get(SOURCE),
          ...I32_GT_U,
          ...IF,
          ...chunks(bulk, code, true),
          ...ELSE,
          ...forward,
          ...END,
        ]
      : forward),
    ...run,
    ...code.at(0, true),
    ...RETURN,
    ...END,
    ...run,
    ...END,
  ]);
}

/** Leave the block if the range from `start` does not end within `size`. 64 bits hold every sum. */
function leavesBounds(start: number, size: readonly number[]): number[] {
  const end = [...get(start), ...I64_EXTEND_I32_U, ...get(LENGTH), ...I64_EXTEND_I32_U, ...I64_ADD];
  return [...end, ...size, ...I64_GT_U, ...BR_IF_OUT];
}

/** All chunks but the last: `while (length > chunk)`, with a check before each and one behind the last. */
function chunks(bulk: BulkOperation, code: FunctionCode, fromEnd: boolean): number[] {
  const { operator, sourceSize, chunk, chunkUnits, entryUnits } = bulk;
  const rest = [...get(LENGTH), ...i32(chunk), ...I32_SUB];
  const place = (local: number): number[] => [...get(local), ...(fromEnd ? [...rest, ...I32_ADD] : [])];
  const advance = (local: number): number[] => [...get(local), ...i32(chunk), ...I32_ADD, ...set(local)];
  // A value to fill with stays the same.
  const source = sourceSize === undefined ? get(SOURCE) : place(SOURCE);
  const advances = fromEnd ? [] : [...advance(DESTINATION), ...(sourceSize === undefined ? [] : advance(SOURCE))];
  return [
    ...LOOP,
    ...code.at(0, true),
    ...[...get(LENGTH), ...i32(chunk), ...I32_GT_U, ...IF],
    ...code.charge(chunkUnits + entryUnits),
    ...[...place(DESTINATION), ...source, ...i32(chunk), ...operator],
    ...advances,
    ...[...rest, ...set(LENGTH)],
    ...BR_OUT_OF_IF,
    ...END,
    ...END,
  ];
}
