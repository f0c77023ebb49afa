/**
 * What each operator costs, in units of work. A unit is what the cheapest operators take, a fraction of a nanosecond.
 *
 * The placement of checks adds costs up to bound the time between two checks, and fuel counts them. So a cost must not be far
 * below what V8 takes for the operator at worst; where it is above, a check comes early. From measurements on Node 20 and 26.
 */
import { once } from '../once.js';
import { FIRST_PREFIX, LAST_PREFIX, operators, PREFIXED_OPERATORS } from './operators.js';

/** The most that may run between two checks of one function, its known callees included. */
export const STRETCH = 10_000;

/** The first pattern that matches an operator's name decides. */
const UNITS: readonly (readonly [name: RegExp, units: number])[] = [
  // Structure, which is no machine code of its own.
  [/^(nop|block|loop|else|try|try_table|catch|catch_all|delegate|end|drop|unreachable)$/, 0],
  [/^(return_)?call$/, 8],
  [/^(return_)?call_(indirect|ref)$/, 12],
  // An exception is an object, and V8 walks the stack for it: 0.1 to 1 us.
  [/^(throw|rethrow|throw_ref)$/, 2000],
  [/^memory\.grow$/, 2000],
  // Milliseconds for a long table, which V8 may have to copy: a check of its own before and after each.
  [/^table\.grow$/, STRETCH],
  // 30 to 100 ns an entry; those that have a length are charged by it, too.
  [/^table\.(set|fill|copy|init)$/, 64],
  [/^(table\.get|table\.size|memory\.size)$/, 4],
  // The first time it makes an object, which takes a microsecond.
  [/^ref\.func$/, 64],
  [/^(elem|data)\.drop$/, 64],
  [/^memory\.(init|fill|copy)$/, 8],
  [/^memory\.atomic\./, 256],
  [/\.atomic\.rmw|^atomic\.fence/, 16],
  [/\.atomic\./, 8],
  [/^[fi]\d+x\d+\.(div|sqrt)/, 24],
  [/^i64\.(div|rem)/, 16],
  [/\.(div|rem|sqrt)/, 8],
  [/\.(ceil|floor|trunc|nearest|convert|promote|demote)/, 4],
  // Memory may be far away.
  [/\.(load|store)/, 2],
  // Objects of V8's heap, whose types are refused: none of these can run.
  [/^(struct|array)\./, STRETCH],
];

/** Some vector operators are a handful of machine instructions. */
const VECTOR_PREFIX = 0xfd;
const VECTOR_UNITS = 3;

function unitsOf(name: string, code: number): number {
  const units = UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? 1;
  return code >>> 16 === VECTOR_PREFIX ? Math.max(units, VECTOR_UNITS) : units;
}

const PREFIXED_SLOTS = (LAST_PREFIX - FIRST_PREFIX + 1) * PREFIXED_OPERATORS;
const ONE_BYTE_SLOTS = 0x100;
const LOADS = /\.load|\.rmw|^memory\.atomic/;

/** By {@link slotOf}. */
const tables = once(() => {
  const units = new Uint16Array(ONE_BYTE_SLOTS + PREFIXED_SLOTS);
  const loads = new Uint8Array(ONE_BYTE_SLOTS + PREFIXED_SLOTS);
  for (const { code, name } of operators()) {
    units[slotOf(code)] = unitsOf(name, code);
    loads[slotOf(code)] = LOADS.test(name) ? 1 : 0;
  }
  return { units, loads };
});

function slotOf(code: number): number {
  return code < ONE_BYTE_SLOTS
    ? code
    : ONE_BYTE_SLOTS + ((code >>> 16) - FIRST_PREFIX) * PREFIXED_OPERATORS + (code & 0xffff);
}

/** Units of one operator, without what depends on its immediates: arity, targets, lengths. */
export function costOf(code: number): number {
  return tables().units[slotOf(code)]!;
}

/** 1 for operators that wait for memory, which may be a hundred times as far away as their cost says; see flow.ts. */
export function loadsOf(code: number): number {
  return tables().loads[slotOf(code)]!;
}

/** `br_table`, which V8's first compiler makes a binary search of. */
export function costOfTargets(count: number): number {
  return 32 - Math.clz32(count);
}

/** Bytes that bulk operations move in memory for a unit, and units for an entry that they move in a table; as shifts. */
export const BYTES_PER_UNIT_LOG2 = 6;
export const UNITS_PER_ENTRY_LOG2 = 4;

/** Entering a function: locals start as zero, parameters and results may go through the stack. */
export function costOfEntry(locals: number): number {
  return 1 + (locals >>> 4);
}
