/**
 * What imports that are appended do to the indices of a module's own definitions: those of functions and globals move up.
 *
 * WebAssembly core specification 3.0, "Modules", section "Indices": imports come first in each index space.
 */
import { CALL, GLOBAL_GET, GLOBAL_SET, REF_FUNC, RETURN_CALL } from '../opcodes.js';
import type { Operator } from '../operator-reader.js';

export class IndexShift {
  readonly #firstFunction: number;
  readonly #functions: number;
  readonly #firstGlobal: number;
  readonly #globals: number;

  /**
   * @param firstFunction - index of the first function that is not imported, in the original.
   * @param functions - how many imported functions are added.
   */
  constructor(firstFunction: number, functions: number, firstGlobal: number, globals: number) {
    this.#firstFunction = firstFunction;
    this.#functions = functions;
    this.#firstGlobal = firstGlobal;
    this.#globals = globals;
  }

  get none(): boolean {
    return this.#functions === 0 && this.#globals === 0;
  }

  function(index: number): number {
    return index < this.#firstFunction ? index : index + this.#functions;
  }

  global(index: number): number {
    return index < this.#firstGlobal ? index : index + this.#globals;
  }

  /** The index that the operator should have. No other operator has an index of a function or a global. */
  ofOperator({ code, index }: Operator): number {
    switch (code) {
      case CALL:
      case RETURN_CALL:
      case REF_FUNC:
        return this.function(index);
      case GLOBAL_GET:
      case GLOBAL_SET:
        return this.global(index);
      default:
        return index;
    }
  }
}
