/**
 * `wasi:cli`: what a program sees of its surroundings. Without options that is nothing: no variables, no arguments, no
 * working directory, stdin at its end, no terminal. Only stdout and stderr lead anywhere.
 */
import { allocate, checkRange, LIST_SIZE, storeList, storeString } from './canonical.js';
import type { WasiContext } from './context.js';
import type { WasiFunctions } from './core-function.js';
import { coreFunction } from './core-function.js';
import { GuestExit } from './guest-exit.js';
import { trap } from './trap.js';
import type { GuestMemory, Lowering } from './types.js';

const POINTER_ALIGN = 4;
/** `option<own<terminal>>`: tag, then a handle at 4. */
const OPTION_HANDLE_SIZE = 8;
/** `option<string>`: tag, then pointer and length at 4 and 8. */
const OPTION_STRING_SIZE = 12;
const NONE = 0;
const U8_MASK = 0xff;

/** The functions of `wasi:cli`. */
export function cliFunctions({ table, options, stdout, stderr }: WasiContext): WasiFunctions {
  return new Map<string, Lowering>([
    ['wasi:cli/stdin#get-stdin', coreFunction([], () => table.add({ kind: 'input-stream' }))],
    ['wasi:cli/stdout#get-stdout', coreFunction([], () => table.add({ kind: 'output-stream', sink: stdout }))],
    ['wasi:cli/stderr#get-stderr', coreFunction([], () => table.add({ kind: 'output-stream', sink: stderr }))],
    ['wasi:cli/terminal-stdin#get-terminal-stdin', none(OPTION_HANDLE_SIZE)],
    ['wasi:cli/terminal-stdout#get-terminal-stdout', none(OPTION_HANDLE_SIZE)],
    ['wasi:cli/terminal-stderr#get-terminal-stderr', none(OPTION_HANDLE_SIZE)],
    ['wasi:cli/environment#initial-cwd', none(OPTION_STRING_SIZE)],
    [
      'wasi:cli/environment#get-environment',
      coreFunction(['i32'], (memory, resultPtr) => {
        storeStrings(memory, resultPtr, [...options.env].flat(), options.env.size);
        return undefined;
      }),
    ],
    [
      'wasi:cli/environment#get-arguments',
      coreFunction(['i32'], (memory, resultPtr) => {
        storeStrings(memory, resultPtr, options.args, options.args.length);
        return undefined;
      }),
    ],
    [
      // exit: func(status: result), flattened to its tag.
      'wasi:cli/exit#exit',
      coreFunction(['i32'], (_memory, status) => {
        if (status > 1) {
          throw trap(`Cannot exit: ${status} is neither ok nor err`);
        }
        throw new GuestExit(status);
      }),
    ],
    [
      'wasi:cli/exit#exit-with-code',
      coreFunction(['i32'], (_memory, code) => {
        throw new GuestExit(code & U8_MASK);
      }),
    ],
  ]);
}

function none(size: number): Lowering {
  return coreFunction(['i32'], (memory, resultPtr) => {
    checkRange(memory, 'result', resultPtr, size, POINTER_ALIGN);
    memory.view().setUint8(resultPtr, NONE);
    return undefined;
  });
}

/**
 * Store a list whose elements are strings or tuples of strings: both are pointer and length pairs in a row.
 *
 * @param strings - all strings, the tuples' one after another.
 * @param length - number of elements.
 */
function storeStrings(memory: GuestMemory, resultPtr: number, strings: readonly string[], length: number): void {
  checkRange(memory, 'result', resultPtr, LIST_SIZE, POINTER_ALIGN);
  const listPtr = allocate(memory, strings.length * LIST_SIZE, POINTER_ALIGN);
  strings.forEach((text, i) => {
    storeString(memory, listPtr + i * LIST_SIZE, text);
  });
  storeList(memory, resultPtr, listPtr, length);
}
