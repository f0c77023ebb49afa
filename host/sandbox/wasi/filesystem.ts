/**
 * `wasi:filesystem`, of which a guest without preopened folders can see two functions. There is no way to get a descriptor, so
 * the methods of one have nothing to be called on: the linker's stubs stand for them.
 */
import { allocate, checkRange, LIST_SIZE, storeList } from './canonical.js';
import type { WasiContext } from './context.js';
import type { WasiFunctions } from './core-function.js';
import { coreFunction } from './core-function.js';
import type { Lowering } from './types.js';

const POINTER_ALIGN = 4;
/** `option<error-code>`: two bytes, the tag first. */
const OPTION_ENUM_SIZE = 2;
const NONE = 0;

/** The functions of `wasi:filesystem`. */
export function filesystemFunctions({ table }: WasiContext): WasiFunctions {
  return new Map<string, Lowering>([
    [
      'wasi:filesystem/preopens#get-directories',
      coreFunction(['i32'], (memory, resultPtr) => {
        checkRange(memory, 'result', resultPtr, LIST_SIZE, POINTER_ALIGN);
        storeList(memory, resultPtr, allocate(memory, 0, POINTER_ALIGN), 0);
        return undefined;
      }),
    ],
    [
      'wasi:filesystem/types#filesystem-error-code',
      coreFunction(['i32', 'i32'], (memory, error, resultPtr) => {
        table.get('error', error);
        checkRange(memory, 'result', resultPtr, OPTION_ENUM_SIZE, 1);
        memory.view().setUint8(resultPtr, NONE);
        return undefined;
      }),
    ],
  ]);
}
