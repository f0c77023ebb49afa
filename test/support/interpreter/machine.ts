/**
 * A small interpreter of core modules that counts units of work between two checks: the judge of the meter's placement.
 *
 * It keeps its own stack of frames, so that guests can go deep. What it does not know it throws an Error about.
 */
import { runBulk } from './bulk.js';
import { CHECK, type DecodedModule, type Instruction } from './module.js';
import { DIVIDES, numeric } from './numeric.js';
import { blockType, priceOf, priceOfEntry } from './prices.js';
import { Exception, type FunctionReference, type HostFunction, type Tally, Trap, type Value } from './values.js';
import { runVariable } from './variables.js';

const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  rethrow: 0x09,
  throwRef: 0x0a,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  delegate: 0x18,
  catchAll: 0x19,
  tryTable: 0x1f,
} as const;

interface Label {
  readonly block: Instruction | undefined;
  /** Where a branch goes, and how many values go with it. */
  readonly to: number;
  readonly arity: number;
  readonly height: number;
  /** In a handler: what it caught. */
  caught: Exception | undefined;
}

interface Frame {
  readonly code: readonly Instruction[];
  readonly locals: Value[];
  readonly labels: Label[];
  at: number;
}

export interface MachineOptions {
  /** By import module and name, with a slash between. */
  readonly imports?: Readonly<Record<string, HostFunction>>;
  readonly tally: Tally;
  readonly maxPages: number;
  readonly maxDepth?: number;
  /** Charge bulk operations as their helpers would. */
  readonly helpersPrices?: boolean;
}

export class Machine {
  readonly module: DecodedModule;
  memory: Uint8Array;
  readonly tables: Value[][];
  readonly globals: (number | bigint)[];
  readonly stack: Value[] = [];
  /** Segments that are gone: data by index, elements by `-1 - index`. */
  readonly dropped = new Set<number>();
  readonly options: MachineOptions;
  readonly #imports: readonly HostFunction[];
  readonly #frames: Frame[] = [];

  constructor(module: DecodedModule, options: MachineOptions) {
    this.module = module;
    this.options = options;
    this.memory = new Uint8Array((module.memories[0] ?? 0) * 65_536);
    this.tables = module.tables.map(({ minimum }) => new Array<Value>(minimum).fill(null));
    this.globals = [...module.globals];
    this.#imports = module.importedFunctions.map((from) => {
      const found = options.imports?.[`${from.module}/${from.name}`];
      if (found === undefined) {
        throw new Error(`There is no ${from.module}/${from.name}`);
      }
      return found;
    });
    module.elements.forEach(({ active, offset, functions }, i) => {
      if (active) {
        functions.forEach((index, at) => {
          this.tables[0]![offset + at] = this.reference(index);
        });
        this.dropped.add(-1 - i);
      }
    });
    module.data.forEach(({ active, offset, bytes }, i) => {
      if (active) {
        this.memory.set(bytes, offset);
        this.dropped.add(i);
      }
    });
  }

  reference(index: number): FunctionReference {
    return { machine: this, index };
  }

  /** Call an export. @throws Trap, Exception, OutOfSteps. */
  call(name: string, ...args: Value[]): Value[] {
    const index = this.module.exports.get(name);
    if (index === undefined) {
      throw new Error(`There is no export ${name}`);
    }
    return this.callIndex(index, args);
  }

  callIndex(index: number, args: readonly Value[]): Value[] {
    const { tally } = this.options;
    const base = this.#frames.length;
    const height = this.stack.length;
    const depth = tally.depth;
    this.stack.push(...args);
    try {
      this.#enter(index);
      while (this.#frames.length > base) {
        try {
          this.#step(this.#frames.at(-1)!);
        } catch (error) {
          this.#catch(error, base);
        }
      }
      return this.stack.splice(height);
    } finally {
      this.#frames.length = base;
      this.stack.length = Math.min(this.stack.length, height);
      tally.depth = depth;
    }
  }

  pop<T extends Value>(): T {
    return this.stack.pop() as T;
  }

  charge(units: number): void {
    this.options.tally.charge(units);
  }

  #enter(index: number): void {
    const { module, stack } = this;
    const { parameters, results } = module.types[module.functionTypes[index]!]!;
    const args = parameters.length === 0 ? [] : stack.splice(-parameters.length);
    const own = index - module.importedFunctions.length;
    if (own < 0) {
      stack.push(...this.#imports[index]!(...args));
      return;
    }
    const { tally, maxDepth = 1000 } = this.options;
    if (tally.depth >= maxDepth) {
      throw new Trap('The stack is full');
    }
    tally.enter();
    const { locals, code } = module.functions[own]!;
    this.charge(priceOfEntry(locals.length));
    const label = { block: undefined, to: code.length, arity: results.length, height: stack.length, caught: undefined };
    this.#frames.push({ code, locals: [...args, ...locals.map(zeroOf)], labels: [label], at: 0 });
  }

  /** The innermost function returns, with its results on the stack. */
  #leave(): void {
    const { arity, height } = this.#frames.pop()!.labels[0]!;
    this.options.tally.depth--;
    this.#keep(arity, height);
  }

  /** Throw away what is between `height` and the uppermost values. */
  #keep(values: number, height: number): void {
    this.stack.splice(height, this.stack.length - values - height);
  }

  #branch(frame: Frame, depth: number): void {
    const target = frame.labels.length - 1 - depth;
    const { block, to, arity, height } = frame.labels[target]!;
    if (target === 0) {
      this.#leave();
      return;
    }
    this.#keep(arity, height);
    frame.labels.length = block?.code === OP.loop ? target + 1 : target;
    frame.at = to;
  }

  /** An exception of the guest looks for a handler among the frames above `base`. */
  #catch(error: unknown, base: number): void {
    if (!(error instanceof Exception)) {
      throw error;
    }
    while (this.#frames.length > base) {
      const frame = this.#frames.at(-1)!;
      if (this.#handle(frame, error)) {
        return;
      }
      this.#frames.pop();
      this.options.tally.depth--;
    }
    throw error;
  }

  #handle(frame: Frame, exception: Exception): boolean {
    const { code, labels } = frame;
    for (let i = labels.length - 1; i > 0; i--) {
      const label = labels[i]!;
      if (label.block?.code === OP.tryTable) {
        const clause = label.block.clauses.find(({ tag }) => tag === exception.tag || tag === -1);
        if (clause !== undefined) {
          labels.length = i;
          this.stack.length = label.height;
          this.stack.push(...(clause.tag === -1 ? [] : exception.values), ...(clause.whole ? [exception] : []));
          this.#branch(frame, clause.label);
          return true;
        }
      } else if (label.block?.code === OP.try && label.caught === undefined) {
        const end = code[label.block.end]!;
        if (end.code === OP.delegate) {
          // Goes on with the label that it names, which is counted from the outside of this block.
          i -= end.index;
          continue;
        }
        const handler = handlerOf(code, label.block, exception.tag);
        if (handler !== undefined) {
          labels.length = i + 1;
          label.caught = exception;
          this.stack.length = label.height;
          this.stack.push(...(code[handler]!.code === OP.catch ? exception.values : []));
          frame.at = handler + 1;
          return true;
        }
      }
    }
    return false;
  }

  #step(frame: Frame): void {
    const it = frame.code[frame.at++]!;
    if (it.code === CHECK) {
      this.options.tally.check();
      return;
    }
    this.charge(priceOf(it, this.module, this.#arity(frame, it)));
    const operator = numeric.get(it.code);
    if (operator !== undefined) {
      this.#numeric(it.code, operator.operands, operator.run);
    } else if (it.code <= OP.delegate || it.code === OP.catchAll || it.code === OP.tryTable) {
      this.#control(frame, it);
    } else if (!runVariable(this, frame.locals, it) && !runBulk(this, it)) {
      throw new Error(`The interpreter does not know 0x${it.code.toString(16)}`);
    }
  }

  /** Values that go with a branch, as far as its price depends on them. */
  #arity({ labels }: Frame, { code, index, targets }: Instruction): number {
    switch (code) {
      case OP.br:
      case OP.brIf:
        return labels[labels.length - 1 - index]!.arity;
      case OP.brTable:
        return labels[labels.length - 1 - targets[0]!]!.arity;
      case OP.return:
        return labels[0]!.arity;
      case OP.end:
        return labels.length === 1 ? labels[0]!.arity : 0;
      default:
        return 0;
    }
  }

  #numeric(code: number, operands: number, run: (a: never, b: never) => number | bigint): void {
    const b = this.pop() as never;
    if (operands === 1) {
      this.stack.push(run(b, b));
      return;
    }
    if (DIVIDES.has(code) && (b === 0 || b === 0n)) {
      throw new Trap('Division by zero');
    }
    this.stack.push(run(this.pop() as never, b));
  }

  #control(frame: Frame, it: Instruction): void {
    const { labels } = frame;
    switch (it.code) {
      case OP.unreachable:
        throw new Trap('Unreachable');
      case OP.nop:
        return;
      case OP.block:
      case OP.loop:
      case OP.try:
      case OP.tryTable:
        this.#open(frame, it);
        return;
      case OP.if: {
        const condition = this.pop();
        this.#open(frame, it);
        if (condition === 0) {
          frame.at = frame.code[it.next]!.code === OP.else ? it.next + 1 : it.next;
        }
        return;
      }
      case OP.else:
      case OP.catch:
      case OP.catchAll:
        frame.at = it.end;
        return;
      case OP.end:
      case OP.delegate:
        if (labels.length === 1) {
          this.#leave();
        } else {
          labels.pop();
        }
        return;
      case OP.br:
        this.#branch(frame, it.index);
        return;
      case OP.brIf:
        if (this.pop() !== 0) {
          this.#branch(frame, it.index);
        }
        return;
      case OP.brTable: {
        const selected = this.pop<number>() >>> 0;
        this.#branch(frame, it.targets[Math.min(selected, it.targets.length - 1)]!);
        return;
      }
      case OP.return:
        this.#leave();
        return;
      default:
        this.#leaveOrCall(frame, it);
    }
  }

  #leaveOrCall({ labels }: Frame, { code, index, index2 }: Instruction): void {
    switch (code) {
      case OP.throw: {
        const count = this.module.types[this.module.tags[index]!]!.parameters.length;
        throw new Exception(index, count === 0 ? [] : this.stack.splice(-count));
      }
      case OP.rethrow:
        throw labels[labels.length - 1 - index]!.caught;
      case OP.throwRef:
        throw this.pop<Exception | null>() ?? new Trap('There is nothing to throw');
      case OP.call:
        this.#enter(index);
        return;
      case OP.callIndirect: {
        const { machine, index: callee } = this.#inTable(index2, index);
        this.#callOther(machine, callee);
        return;
      }
      case OP.returnCall:
        this.#tailCall(this, index);
        return;
      default: {
        const { machine, index: callee } = this.#inTable(index2, index);
        this.#tailCall(machine, callee);
      }
    }
  }

  #inTable(table: number, type: number): FunctionReference {
    const found = this.tables[table]![this.pop<number>() >>> 0] as FunctionReference | null | undefined;
    if (found === undefined || found === null) {
      throw new Trap('There is no such function in the table');
    }
    const { module } = found.machine;
    const actual = module.types[module.functionTypes[found.index]!]!;
    if (JSON.stringify(actual) !== JSON.stringify(this.module.types[type])) {
      throw new Trap('The function has another type');
    }
    return found;
  }

  #callOther(machine: Machine, index: number): void {
    if (machine === this) {
      this.#enter(index);
    } else {
      const count = machine.module.types[machine.module.functionTypes[index]!]!.parameters.length;
      this.stack.push(...machine.callIndex(index, count === 0 ? [] : this.stack.splice(-count)));
    }
  }

  /** The caller's frame goes before the callee's comes. */
  #tailCall(machine: Machine, index: number): void {
    const count = machine.module.types[machine.module.functionTypes[index]!]!.parameters.length;
    const { height } = this.#frames.pop()!.labels[0]!;
    this.options.tally.depth--;
    this.#keep(count, height);
    this.#callOther(machine, index);
  }

  #open(frame: Frame, block: Instruction): void {
    const { parameters, results } = blockType(block.index, this.module);
    const isLoop = block.code === OP.loop;
    frame.labels.push({
      block,
      to: isLoop ? frame.at : block.end + 1,
      arity: isLoop ? parameters.length : results.length,
      height: this.stack.length - parameters.length,
      caught: undefined,
    });
  }
}

function handlerOf(code: readonly Instruction[], block: Instruction, tag: number): number | undefined {
  for (let at = block.next; at !== block.end; at = code[at]!.next) {
    if (code[at]!.code === OP.catchAll || code[at]!.index === tag) {
      return at;
    }
  }
  return undefined;
}

function zeroOf(type: number): Value {
  return type === 0x7f ? 0 : type === 0x7e ? 0n : null;
}
