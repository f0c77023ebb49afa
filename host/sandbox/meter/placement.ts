/**
 * Where checks go, so that the time between two of them is bounded whatever a module does with its input.
 *
 * The bound: with T for STRETCH, K for CONTRACT and R for CONTRACT_RETURN, less than 2 T + R D units run between two checks, and the
 * costs of entering one function and of one throw, where D is the number of frames that return meanwhile. The argument:
 *
 * 1. Inside a function every cycle of the control flow passes the header of a loop, and every loop header has a check. What is left
 *    is forward flow: one pass over the code sees each path before the place where it joins others, and the state there is the
 *    largest of what comes in (flow.ts).
 * 2. Callees come before callers (call-graph.ts). Of a callee that has been looked at is known what it may run before its first
 *    check, without any, and behind its last (summaries.ts). A check is put before whatever would make a sum pass T, and before what
 *    would let a function run more than T / 2 from its entry, so that its callers find room.
 * 3. A callee that has not been looked at (imported, called through a table or reference, or back in a circle of calls) is unknown.
 *    Whoever may be called so keeps the contract: at most K units before its first check, or without one. That is what a call of it is
 *    charged, so the call does not fit into the K units at the entry of a function with the contract, and a check comes before it.
 *    Hence no circle of calls runs without a check, because each passes an unknown callee (call-graph.ts marks where
 *    circles close). Nor does a chain of calls that gets deeper run up more than T: between two functions with the contract all
 *    callees are known.
 * 4. What an unknown callee ran behind its last check is not known when it returns. From there `unknown` counts anew. A function with
 *    the contract returns with at most R of those, so each frame that returns adds R to what the deepest callee ran (at most T, by
 *    2), and what the caller runs after that is at most T again.
 * 5. A tail call is a call and a return in one. Its target keeps the contract, so that what it adds to `unknown` is known.
 * 6. Exceptions come out of a call at a place that this does not follow. Wherever they are caught there is a check: at the start of
 *    every `catch`, and at the end of every block to which a clause of a `try_table` leads (a loop has one at its start; a function
 *    gets a block around its body). `delegate` hands on to such a place, or to the caller. A throw costs more than K, so a
 *    function with the contract has a check before it. Frames that an exception passes run no code.
 * 7. Entering a function costs by its locals, which nothing can prevent; where that is more than K the function begins with a check.
 *    What an operator costs by its immediates is in costs.ts; what it costs by a length, in bulk-helpers.ts.
 *
 * The first call of a function compiles it, which is not counted in units. It is charged to callers all the same, see below.
 */
import type { BulkHelpers } from './bulk-helpers.js';
import type { CallOrder } from './call-graph.js';
import type { CodeFacts } from './code-facts.js';
import { CAUGHT, ControlFrames, LOOP, OPEN_IF } from './control-frames.js';
import { costOf, costOfEntry, costOfTargets, loadsOf } from './costs.js';
import { CONTRACT, CONTRACT_RETURN, Flow } from './flow.js';
import * as op from './opcodes.js';
import { newOperator, type Operator, OperatorReader } from './operator-reader.js';
import { Points } from './points.js';
import { Stretches } from './stretches.js';
import { NEVER, Summaries, type Summary } from './summaries.js';

/**
 * V8 compiles a function at its first call, which takes about 10 us and then 0.1 to 0.2 us for each byte; nothing can interrupt that.
 * A larger function than this begins with a check, so that no two of them are compiled without one in between. Smaller ones are
 * charged to their callers.
 */
const LARGE_FUNCTION_BYTES = 2048;
const BYTES_COMPILED_PER_UNIT = 2;
/** Such a call does not fit in behind an unknown callee, or each frame of a deep recursion that returns could make one. */
const LEAST_COMPILING = CONTRACT_RETURN + 1;

const UNKNOWN_CALLEE: Summary = {
  before: CONTRACT,
  through: CONTRACT,
  after: NEVER,
  afterUnknown: 0,
  compiling: LARGE_FUNCTION_BYTES / BYTES_COMPILED_PER_UNIT,
};
/** A function that calls itself runs, so it is compiled. */
const ITSELF: Summary = { ...UNKNOWN_CALLEE, compiling: 0 };

/** V8 allows 50,000, parameters included: room for one more. */
const MOST_LOCALS = 40_000;

/** The block type of blocks without a value, as the reader gives it. */
const NO_VALUE = -0x40;

/** One byte operators that count and do nothing else: they neither branch nor call nor open or close a block. */
const PLAIN = new Uint8Array(0x100).fill(1, op.DROP, op.BR_ON_NULL);
PLAIN[op.NOP] = 1;
PLAIN[op.TRY_TABLE] = 0;

export class Placement {
  readonly points: Points;
  /**
   * Functions with handlers that lead out of them, and where their last `end` is. Their body has to go into a block of its own, with
   * a check behind it.
   */
  readonly wrapped = new Map<number, number>();
  /** 1 for functions that keep the fuel in a local, by index. */
  readonly local: Uint8Array;
  readonly #module: Uint8Array;
  readonly #facts: CodeFacts;
  readonly #bulk: BulkHelpers;
  readonly #summaries: Summaries;
  readonly #frames = new ControlFrames();
  readonly #stretches: Stretches;
  readonly #flow: Flow;
  readonly #operator = newOperator();
  #reachable = true;
  /** Blocks that are open in code that cannot be reached. */
  #dead = 0;
  #function = 0;

  /**
   * Place the checks of a module.
   *
   * @param order - of the same module.
   * @param bulk - decides which bulk operations become calls, and collects the helpers for them.
   * @param counting - whether fuel is counted, so that stretches without a check matter too. Checks are the same ones either way.
   */
  constructor(module: Uint8Array, facts: CodeFacts, order: CallOrder, bulk: BulkHelpers, counting: boolean) {
    this.#module = module;
    this.#facts = facts;
    this.#bulk = bulk;
    this.#summaries = new Summaries(facts.bodies.count);
    this.points = new Points(facts.bodies.count);
    this.local = new Uint8Array(facts.bodies.count);
    this.#stretches = new Stretches(this.points, counting);
    this.#flow = new Flow(this.points, this.#stretches);
    for (const index of order.order) {
      this.#place(index, order.contract[index] === 1);
    }
  }

  #place(index: number, keepsContract: boolean): void {
    const { bodies } = this.#facts;
    const start = bodies.code[index]!;
    const end = bodies.ends[index]!;
    const bytes = end - bodies.starts[index]!;
    this.#begin(index, keepsContract, start, bytes);
    const operator = this.#operator;
    const reader = new OperatorReader(this.#module, start, end);
    while (reader.next(operator)) {
      const { code } = operator;
      if (!this.#reachable) {
        this.#skip(operator);
      } else if (code < PLAIN.length && PLAIN[code] === 1) {
        this.#flow.spend(costOf(code), operator.start, loadsOf(code));
      } else if (code < PLAIN.length) {
        this.#control(operator);
      } else {
        this.#prefixed(operator);
      }
    }
    const local = this.#stretches.prefersLocal && bodies.locals[index]! < MOST_LOCALS;
    this.local[index] = local ? 1 : 0;
    this.points.end(local);
    const compiling = Math.min(bytes, LARGE_FUNCTION_BYTES) / BYTES_COMPILED_PER_UNIT;
    this.#summaries.set(index, this.#flow.summary(Math.max(LEAST_COMPILING, compiling)));
  }

  #begin(index: number, keepsContract: boolean, start: number, bytes: number): void {
    const { bodies, functionTypes, importedFunctions, types } = this.#facts;
    this.#reachable = true;
    this.#dead = 0;
    this.#function = index;
    this.#frames.clear();
    this.#frames.push(0, types.results[functionTypes[importedFunctions + index]!]!);
    this.points.begin(index);
    this.#stretches.begin(start);
    this.#flow.begin(keepsContract, costOfEntry(bodies.locals[index]!), start);
    if (bytes > LARGE_FUNCTION_BYTES) {
      this.#flow.putCheck(start);
    }
  }

  /** Code behind a branch: nothing is put there, and only where it ends matters. */
  #skip(operator: Operator): void {
    switch (operator.code) {
      case op.BLOCK:
      case op.LOOP:
      case op.IF:
      case op.TRY:
      case op.TRY_TABLE:
        this.#dead++;
        return;
      case op.ELSE:
      case op.CATCH:
      case op.CATCH_ALL:
        if (this.#dead === 0) {
          this.#control(operator);
        }
        return;
      case op.END:
      case op.DELEGATE:
        if (this.#dead === 0) {
          this.#control(operator);
        } else {
          this.#dead--;
        }
    }
  }

  #prefixed(operator: Operator): void {
    const { code, start, end } = operator;
    if (code === op.BR_ON_CAST || code === op.BR_ON_CAST_FAIL) {
      this.#branch(operator.index, costOf(code), start, false);
      this.#stretches.open(end);
      return;
    }
    const way = this.#bulk.wayOf(operator);
    if (way === undefined) {
      this.#flow.spend(costOf(code), start, loadsOf(code));
    } else if (way.helper < 0) {
      this.#flow.spend(costOf(code) + way.units, start);
    } else {
      this.#flow.call(costOf(code), start, way.summary, false);
      this.#stretches.leave(start);
      this.points.replace(start, end - start, way.helper);
      this.#stretches.enter(end);
    }
  }

  #control(operator: Operator): void {
    const { code, index, start, end } = operator;
    const units = costOf(code);
    switch (code) {
      case op.UNREACHABLE:
        this.#flow.settle();
        this.#reachable = false;
        return;
      case op.BLOCK:
      case op.TRY:
        this.#open(0, operator, units);
        this.#stretches.block();
        return;
      case op.LOOP:
        this.#open(LOOP, operator, units);
        this.#stretches.loop(end);
        this.#flow.putCheck(end);
        return;
      case op.IF:
        this.#open(OPEN_IF, operator, units);
        this.#frames.saveIf(this.#flow);
        this.#stretches.if(end);
        return;
      case op.ELSE:
        this.#nextArm();
        this.#frames.loadIf(this.#flow);
        this.#stretches.arm(end);
        return;
      case op.CATCH:
      case op.CATCH_ALL:
        this.#nextArm();
        this.#stretches.handler(end);
        this.#flow.putCheck(end);
        return;
      case op.END:
      case op.DELEGATE:
        this.#close(operator);
        return;
      case op.TRY_TABLE:
        this.#openTryTable(operator, units);
        return;
      case op.THROW:
      case op.RETHROW:
      case op.THROW_REF:
        this.#flow.spend(units, start);
        this.#flow.leaveByThrow();
        this.#stretches.leaveFunction();
        this.#stretches.leave(start);
        this.#reachable = false;
        return;
      case op.BR:
        this.#branch(index, units, start, true);
        this.#reachable = false;
        return;
      case op.BR_IF:
      case op.BR_ON_NULL:
      case op.BR_ON_NON_NULL:
        this.#branch(index, units, start, false);
        this.#stretches.open(end);
        return;
      case op.BR_TABLE:
        this.#branchTable(operator, units);
        return;
      case op.RETURN:
        this.#branch(this.#frames.depth - 1, units, start, true);
        this.#reachable = false;
        return;
      default:
        this.#call(operator, units);
    }
  }

  #open(flags: number, { index: type, start }: Operator, units: number): void {
    const { parameters, results } = this.#facts.types;
    const taken = type < 0 ? 0 : parameters[type]!;
    const given = type === NO_VALUE ? 0 : type < 0 ? 1 : results[type]!;
    this.#flow.spend(units + several(taken) + several(given), start);
    this.#flow.settle();
    this.#frames.push(flags, flags === LOOP ? taken : given);
  }

  #openTryTable(operator: Operator, units: number): void {
    for (const label of operator.targets) {
      this.#stretches.branch(label, false);
      const flags = this.#frames.flags(label);
      if (flags !== LOOP) {
        this.#frames.setFlags(label, flags | CAUGHT);
      }
    }
    this.#open(0, operator, units);
    this.#stretches.tryTable();
  }

  /** An arm of an `if` or `try` ends, another begins. */
  #nextArm(): void {
    if (this.#reachable) {
      this.#flow.settle();
      this.#frames.join(0, this.#flow);
    }
    this.#reachable = true;
    this.#frames.setFlags(0, this.#frames.flags(0) & ~OPEN_IF);
    this.#flow.set(NEVER, 0, NEVER);
  }

  #close({ start, end }: Operator): void {
    const frames = this.#frames;
    const flags = frames.flags(0);
    if (frames.isFunction(0)) {
      this.#closeFunction(start, flags);
      return;
    }
    if ((flags & OPEN_IF) !== 0) {
      frames.joinIf();
    }
    const caught = (flags & CAUGHT) !== 0;
    const joined = frames.joined || caught;
    if (this.#reachable) {
      this.#flow.settle();
    }
    if (joined) {
      if (this.#reachable) {
        frames.join(0, this.#flow);
      }
      frames.loadEnd(this.#flow);
      this.#reachable = true;
    }
    this.#stretches.end(end, joined, this.#reachable);
    frames.pop();
    if (caught) {
      // Exceptions come out here, and nobody knows what ran before they were thrown.
      this.#flow.putCheck(end);
    }
  }

  #closeFunction(start: number, flags: number): void {
    if (this.#reachable) {
      this.#branch(0, 0, start, true);
    }
    if ((flags & CAUGHT) !== 0) {
      this.wrapped.set(this.#function, start);
    }
    this.#frames.pop();
    this.#reachable = false;
  }

  /** A branch that is taken, or may be. */
  #branch(label: number, units: number, at: number, always: boolean): void {
    const cost = units + several(this.#frames.arity(label));
    this.#spendOnBranch(this.#frames.isFunction(label), cost, at);
    this.#arrive(label, always);
  }

  #branchTable({ targets, start }: Operator, units: number): void {
    const frames = this.#frames;
    const cost = units + costOfTargets(targets.length) + several(frames.arity(targets[0]!));
    this.#spendOnBranch(
      targets.some((label) => frames.isFunction(label)),
      cost,
      start,
    );
    for (const label of targets) {
      this.#arrive(label, false);
    }
    this.#reachable = false;
  }

  #spendOnBranch(leaves: boolean, units: number, at: number): void {
    if (leaves) {
      this.#flow.spendLast(units, at);
      this.#stretches.leave(at);
    } else {
      this.#flow.spend(units, at);
    }
    this.#flow.settle();
  }

  /** The state as it is comes to a label. */
  #arrive(label: number, always: boolean): void {
    const frames = this.#frames;
    this.#stretches.branch(label, always);
    if (frames.isFunction(label)) {
      this.#flow.leave();
    } else if (frames.flags(label) !== LOOP) {
      frames.join(label, this.#flow);
    }
  }

  #call({ code, index, start, end }: Operator, units: number): void {
    const { functionTypes, importedFunctions, types } = this.#facts;
    const direct = code === op.CALL || code === op.RETURN_CALL;
    const type = direct ? functionTypes[index]! : index;
    const isLast = code === op.RETURN_CALL || code === op.RETURN_CALL_INDIRECT || code === op.RETURN_CALL_REF;
    const callee = direct ? this.#callee(index - importedFunctions) : UNKNOWN_CALLEE;
    this.#flow.call(units + types.parameters[type]! + types.results[type]!, start, callee, isLast);
    this.#stretches.leave(start);
    if (isLast) {
      this.#flow.leave();
      this.#stretches.leaveFunction();
      this.#reachable = false;
    } else {
      this.#stretches.enter(end);
    }
  }

  /** @param index - negative for an import. */
  #callee(index: number): Summary {
    if (index < 0) {
      return UNKNOWN_CALLEE;
    }
    return this.#summaries.get(index) ?? (index === this.#function ? ITSELF : UNKNOWN_CALLEE);
  }
}

/** One value stays in its register; more may have to be moved. */
function several(values: number): number {
  return values > 1 ? values : 0;
}
