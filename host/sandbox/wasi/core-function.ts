/**
 * Typed host functions at the core level.
 *
 * A JavaScript function links to a core import of any type, so a hostile module can import `wasi:random/random` as
 * `(externref, f64)`. Each function therefore states its flattened parameters, and they are checked when it is called.
 */
import { trap } from './trap.js';
import type { GuestMemory, Lowering } from './types.js';

/** A flattened parameter. WASI's functions here need no floats. */
export type FlatType = 'i32' | 'i64';

type FlatValues<Params extends readonly FlatType[]> = {
  [I in keyof Params]: Params[I] extends 'i64' ? bigint : number;
};

/** Functions by name, in the form `wasi:io/poll#poll`. */
export type WasiFunctions = ReadonlyMap<string, Lowering>;

/**
 * Make a lowering whose body gets checked arguments: i32 as 0 to 2^32-1, i64 as 0n to 2^64-1n.
 *
 * @param params - flattened parameters in order, the return pointer included (CanonicalABI.md, "Flattening").
 * @param body - what it does; the memory is the one of the `canon lower` at hand.
 * @returns a lowering that throws PluginError `GUEST_TRAP` when it is called with anything else.
 */
export function coreFunction<const Params extends readonly FlatType[]>(
  params: Params,
  body: (memory: GuestMemory, ...args: FlatValues<Params>) => number | bigint | undefined,
): Lowering {
  return (memory) =>
    (...args) => {
      if (args.length !== params.length) {
        throw trap(`Cannot call a WASI function: it takes ${params.length} core values, got ${args.length}`);
      }
      const values = args.map((arg, i) => flatValue(params[i], arg));
      // The map keeps the order and the kinds of `params`, which the mapped tuple type cannot see.
      return body(memory, ...(values as FlatValues<Params>));
    };
}

function flatValue(type: FlatType | undefined, value: number | bigint): number | bigint {
  if (type === 'i32' && typeof value === 'number') {
    return value >>> 0;
  }
  if (type === 'i64' && typeof value === 'bigint') {
    return BigInt.asUintN(64, value);
  }
  throw trap(`Cannot call a WASI function: it takes an ${type} where the module passes another type`);
}
