/** What the interpreter does with values by themselves: locals, globals, constants, and the top of the stack. */
import type { Machine } from './machine.js';
import type { Instruction } from './module.js';
import type { Value } from './values.js';

const DROP = 0x1a;
const SELECT = 0x1b;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
const I32_CONST = 0x41;
const I64_CONST = 0x42;

/**
 * Run an operator that only moves values.
 *
 * @param locals - of the function that runs; set here.
 * @returns false if it is another one.
 */
export function runVariable(machine: Machine, locals: Value[], { code, index, value }: Instruction): boolean {
  const { stack, globals } = machine;
  switch (code) {
    case DROP:
      stack.pop();
      return true;
    case SELECT: {
      const condition = stack.pop();
      const other = stack.pop()!;
      if (condition === 0) {
        stack[stack.length - 1] = other;
      }
      return true;
    }
    case LOCAL_GET:
      stack.push(locals[index]!);
      return true;
    case LOCAL_SET:
      locals[index] = stack.pop()!;
      return true;
    case LOCAL_TEE:
      locals[index] = stack.at(-1)!;
      return true;
    case GLOBAL_GET:
      stack.push(globals[index]!);
      return true;
    case GLOBAL_SET:
      globals[index] = machine.pop<number | bigint>();
      return true;
    case I32_CONST:
    case I64_CONST:
      stack.push(value);
      return true;
    default:
      return false;
  }
}
