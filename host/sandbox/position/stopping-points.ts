/** Which places of a module a stack can point to: what a source map must have, if nobody steps through the code with it. */
import { readCodeFacts } from '../meter/code-facts.js';
import { newOperator, OperatorReader } from '../meter/operator-reader.js';
import { readModuleFacts } from '../module-facts.js';

/** Of one function. Offsets in bytes of the module. */
export interface StoppingPoints {
  /** Its local declarations: what V8 says of a stack that was used up on the way in. */
  readonly start: number;
  readonly end: number;
  /** Operators that trap or call, and loops, where deadlines are looked at. */
  readonly operators: readonly number[];
}

/** First and last of a run of opcodes. WebAssembly core specification, "Index of Instructions". */
const STOPPING: readonly (readonly [number, number])[] = [
  [0x00, 0x00], // unreachable
  [0x03, 0x03], // loop
  [0x08, 0x0a], // throw, rethrow, throw_ref
  [0x10, 0x15], // call, call_indirect and their tail calls, call_ref
  [0x25, 0x26], // table.get and table.set
  [0x28, 0x40], // loads, stores, memory.size and memory.grow
  [0x6d, 0x70], // i32 division and remainder
  [0x7f, 0x82], // the same for i64
  [0xa8, 0xb1], // truncations and extensions
  [0xd4, 0xd4], // ref.as_non_null
  [0xfb0000, 0xffffff], // whatever has a prefix: garbage collection, bulk operations, vectors, threads
];

/**
 * @param module - a valid core module.
 * @returns for each function that the module defines, in the order of its code.
 * @throws PluginError as loading the module would.
 */
export function* readStoppingPoints(module: Uint8Array): Generator<StoppingPoints> {
  const { bodies } = readCodeFacts(module, readModuleFacts(module), module.length);
  const operator = newOperator();
  for (let i = 0; i < bodies.count; i++) {
    const operators: number[] = [];
    const reader = new OperatorReader(module, bodies.code[i]!, bodies.ends[i]!);
    while (reader.next(operator)) {
      const { code, start } = operator;
      if (STOPPING.some(([first, last]) => code >= first && code <= last)) {
        operators.push(start);
      }
    }
    yield { start: bodies.starts[i]!, end: bodies.ends[i]!, operators };
  }
}
