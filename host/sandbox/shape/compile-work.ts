/**
 * What it costs V8 to compile a function, from its code.
 *
 * V8 does so twice, when the function is first called and once more, in another thread, when it was called often. Nothing can
 * interrupt either: the caller waits for the first, the end of the process for the second, and where one runs out of memory the
 * process ends. The cost is not the length of the code: wherever control parts or meets, the compiler notes where every local and
 * every operand on the stack is; the optimising one makes a value of each local at each loop that may change it, loops inside of
 * loops included; and a call moves all its arguments. So a function of 64 KiB could ask for ten gigabytes, and one of 48 KiB for a minute,
 * and both are counted here before anything calls them. Measured with Node 20 and 26: at the limit the first takes 0.1 s, the second
 * some seconds, and both less than 700 MB (docs/rationale.md).
 */
import { PluginError } from '../../errors/index.js';
import type { CodeFacts } from '../meter/code-facts.js';
import {
  BLOCK,
  BR,
  BR_IF,
  BR_ON_CAST,
  BR_ON_CAST_FAIL,
  BR_ON_NON_NULL,
  BR_ON_NULL,
  BR_TABLE,
  CALL,
  CALL_INDIRECT,
  CALL_REF,
  CATCH,
  CATCH_ALL,
  DELEGATE,
  ELSE,
  END,
  IF,
  LOOP,
  RETURN_CALL,
  RETURN_CALL_INDIRECT,
  RETURN_CALL_REF,
  TRY,
  TRY_TABLE,
} from '../meter/opcodes.js';
import { newOperator, type Operator, OperatorReader } from '../meter/operator-reader.js';
import { effectIndex, NO_EFFECT, stackEffects } from './stack-effect.js';

/** Far above what compilers make: the costliest function of LLVM, of StarlingMonkey and of jco takes 2.2 million. */
export const MAX_COMPILE_WORK = 8 * 1024 * 1024;

/** Taken down at both ends of a branch, and again where its arms meet. */
const NOTES_OF_IF = 4;
const NOTES_OF_BRANCH = 2;
/** Of a loop, which also gets an `if` of the meter's; by the values that it may change, by itself, and by the loops around it. */
const NOTES_OF_LOOP = 16;
const UNITS_PER_LOOP = 1000;
const UNITS_PER_OUTER_LOOP = 16;
/** Moving an argument or a result makes code for it. */
const UNITS_PER_ARGUMENT = 8;
/** A call goes over the notes without copying them; the meter puts an `if` of its own before some. */
const CALLS_PER_NOTE = 4;
/** An exception carries no more numbers (module-facts.ts). */
const MAX_CAUGHT = 16;
/** Take a value off the stack before they part or leave. */
const TAKES_CONDITION: ReadonlySet<number> = new Set([IF, BR_IF, BR_TABLE, BR_ON_NON_NULL]);
/** Type of a block without a value, 0x40, as the reader gives it. */
const EMPTY = 0x40 - 0x80;

/**
 * Refuse a module with a function that would take too long, or too much memory, to compile.
 *
 * @param module - passed `WebAssembly.validate`; not modified.
 * @throws PluginError `LIMIT_EXCEEDED`.
 */
export function checkCompileWork(module: Uint8Array, facts: CodeFacts): void {
  const { bodies, types } = facts;
  const largest = largestArity(types);
  const counter = new WorkCounter(module, facts);
  for (let i = 0; i < bodies.count; i++) {
    const own = bodies.locals[i]! + types.parameters[facts.functionTypes[facts.importedFunctions + i]!]!;
    const bytes = bodies.ends[i]! - bodies.code[i]!;
    if (mostWork(bytes, own, largest) > MAX_COMPILE_WORK && counter.count(i, own) > MAX_COMPILE_WORK) {
      throw tooCostly(facts.importedFunctions + i);
    }
  }
}

/** What code of that length takes at most: most functions are too short to reach the limit whatever they hold. */
function mostWork(
  bytes: number,
  own: number,
  largest: { readonly parameters: number; readonly results: number },
): number {
  // An operand takes two bytes, or a share of a call's; a loop three, with its end.
  const note = own + (bytes / 2) * Math.max(1, largest.results);
  const loops = bytes / 3;
  const byLoops = loops * (NOTES_OF_LOOP * note + UNITS_PER_LOOP + UNITS_PER_OUTER_LOOP * loops);
  const byArguments = (bytes / 2) * UNITS_PER_ARGUMENT * (largest.parameters + largest.results);
  return byLoops + byArguments;
}

function largestArity(types: CodeFacts['types']): { readonly parameters: number; readonly results: number } {
  let parameters = 0;
  let results = 0;
  for (let i = 0; i < types.count; i++) {
    parameters = Math.max(parameters, types.parameters[i]!);
    results = Math.max(results, types.results[i]!);
  }
  return { parameters, results };
}

function tooCostly(index: number): PluginError {
  return new PluginError(
    'LIMIT_EXCEEDED',
    `Cannot load a core module: its function ${index} takes more than ${MAX_COMPILE_WORK} units of work to compile`,
    {
      hint: 'Build it with less inlining, or with optimisation, so that the function has fewer locals and branches.',
      details: { function: index, limit: MAX_COMPILE_WORK },
    },
  );
}

/** Counts one function at a time, and keeps its lists from one to the next. */
export class WorkCounter {
  readonly #module: Uint8Array;
  readonly #facts: CodeFacts;
  readonly #operator: Operator = newOperator();
  /** Of each open block: how high the operand stack is below its operands, and its type as the reader gives it. */
  readonly #bases: number[] = [];
  readonly #blockTypes: number[] = [];
  readonly #areLoops: boolean[] = [];
  #height = 0;
  /** Loops that are open. */
  #depth = 0;

  constructor(module: Uint8Array, facts: CodeFacts) {
    this.#module = module;
    this.#facts = facts;
  }

  /**
   * @param body - index of a function without the imports.
   * @param own - its locals, parameters included.
   * @returns units of work; of a function above the limit not all of them.
   */
  count(body: number, own: number): number {
    const { bodies } = this.#facts;
    const reader = new OperatorReader(this.#module, bodies.code[body]!, bodies.ends[body]!);
    const operator = this.#operator;
    const effects = stackEffects();
    this.#bases.length = 0;
    this.#blockTypes.length = 0;
    this.#areLoops.length = 0;
    this.#height = 0;
    this.#depth = 0;
    let work = 0;
    while (work <= MAX_COMPILE_WORK && reader.next(operator)) {
      const effect = effects[effectIndex(operator.code)]!;
      if (effect === NO_EFFECT) {
        work += this.#control(operator, own);
      } else {
        this.#height += effect;
      }
    }
    return work;
  }

  /** Operands on the stack behind the last operator; meaningless in code that cannot be reached. */
  get height(): number {
    return this.#height;
  }

  #control(operator: Operator, own: number): number {
    const { code, index, targets } = operator;
    if (TAKES_CONDITION.has(code)) {
      this.#height--;
    }
    const note = own + Math.max(0, this.#height);
    switch (code) {
      case BLOCK:
        return this.#open(index);
      case LOOP:
        return NOTES_OF_LOOP * note + UNITS_PER_LOOP + UNITS_PER_OUTER_LOOP * this.#depth++ + this.#open(index, true);
      case TRY:
      case TRY_TABLE:
        return (1 + targets.length) * NOTES_OF_BRANCH * note + this.#open(index);
      case IF:
        return NOTES_OF_IF * note + this.#open(index);
      case ELSE:
        this.#height = (this.#bases.at(-1) ?? 0) + this.#parametersOf(this.#blockTypes.at(-1) ?? EMPTY);
        return note;
      case CATCH:
      case CATCH_ALL:
        this.#height = (this.#bases.at(-1) ?? 0) + (code === CATCH ? MAX_CAUGHT : 0);
        return note;
      case END:
      case DELEGATE:
        this.#close();
        return 0;
      case BR:
      case BR_IF:
      case BR_ON_NULL:
      case BR_ON_NON_NULL:
      case BR_ON_CAST:
      case BR_ON_CAST_FAIL:
        return NOTES_OF_BRANCH * note;
      case BR_TABLE:
        return targets.length + Math.min(targets.length, this.#bases.length + 1) * NOTES_OF_BRANCH * note;
      case CALL:
      case RETURN_CALL:
        return this.#call(this.#facts.functionTypes[index]!, 0, note);
      case CALL_INDIRECT:
      case RETURN_CALL_INDIRECT:
      case CALL_REF:
      case RETURN_CALL_REF:
        return this.#call(index, 1, note);
      default:
        // Leaves the block: what follows cannot be reached.
        return 0;
    }
  }

  #open(type: number, isLoop = false): number {
    const parameters = this.#parametersOf(type);
    this.#bases.push(this.#height - parameters);
    this.#blockTypes.push(type);
    this.#areLoops.push(isLoop);
    return parameters + this.#resultsOf(type);
  }

  #close(): void {
    const type = this.#blockTypes.pop();
    const base = this.#bases.pop();
    if (this.#areLoops.pop() === true) {
      this.#depth--;
    }
    if (type !== undefined && base !== undefined) {
      this.#height = base + this.#resultsOf(type);
    }
  }

  #call(type: number, reference: number, note: number): number {
    const { parameters, results } = this.#facts.types;
    const taken = parameters[type]!;
    const given = results[type]!;
    this.#height += given - taken - reference;
    return note / CALLS_PER_NOTE + UNITS_PER_ARGUMENT * (taken + given);
  }

  /** @param type - as the reader gives it: an index, or negative for a value type or none. */
  #parametersOf(type: number): number {
    return type < 0 ? 0 : this.#facts.types.parameters[type]!;
  }

  #resultsOf(type: number): number {
    return type < 0 ? Number(type !== EMPTY) : this.#facts.types.results[type]!;
  }
}
