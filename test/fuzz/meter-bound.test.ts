/**
 * The meter against an interpreter: random modules run in both, and the interpreter counts.
 *
 * - Between two checks there is never more work than the bound that placement.ts states.
 * - Metering changes nothing of what a module does.
 * - Fuel is the cost of what ran, to the unit, whatever else the meter does.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STRETCH } from '../../host/sandbox/meter/costs.js';
import { CONTRACT_RETURN } from '../../host/sandbox/meter/flow.js';
import type { Meter } from '../../host/sandbox/meter/meter.js';
import { planCode } from '../../host/sandbox/meter/plan.js';
import { readModuleFacts } from '../../host/sandbox/module-facts.js';
import { wasm } from '../../host/sandbox/web-assembly.js';
import {
  decodeModule,
  Exception,
  type HostFunction,
  Machine,
  OutOfSteps,
  Tally,
  Trap,
} from '../support/interpreter/index.js';
import { METERS, reservedImports, rewrite } from '../support/metered.js';
import { type ModuleShape, randomModule } from '../support/random-module.js';

/** Fixed, because some of what is asserted is a matter of chance; FUZZ_SEED tries others. */
const SEED = Number(process.env.FUZZ_SEED ?? 1);

const EPOCH: Meter = { deadline: 'epoch', fuel: false };
const EPOCH_CHECK = Uint8Array.of(0x41, 0, 0xfe, 0x10, 0x42, 1, 0, 0x04, 0x40, 0, 0x0b);
/** Larger than any random module's: entering a function, and a throw. */
const ENTRY = 1 + 20_000 / 16;
const THROW = 2000;
const MAX_STEPS = 150_000;
const BUDGET = 1n << 60n;
const MAX_PAGES = 6;
const COUNTING = METERS.filter(({ fuel }) => fuel);

/** `try_table` and `throw_ref`, which Node 20 does not have. */
const HAS_TRY_TABLE = wasm.validate(
  Uint8Array.of(
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    1,
    4,
    1,
    0x60,
    0,
    0,
    3,
    2,
    1,
    0,
    10,
    8,
    1,
    6,
    0,
    0x1f,
    0x40,
    0,
    0x0b,
    0x0b,
  ),
);
const shapes: fc.Arbitrary<ModuleShape> = fc.constantFrom<ModuleShape>(
  { exceptions: 'none' },
  { exceptions: 'legacy' },
  ...(HAS_TRY_TABLE ? [{ exceptions: 'new' } as const] : []),
);
const numbers = fc.array(fc.nat(1 << 20), { minLength: 1, maxLength: 160, size: 'max' });
const depths = fc.constantFrom(1, 2, 3, 5);

/** How a run ended, and what it left. */
interface Outcome {
  readonly end: unknown;
  readonly global: unknown;
  readonly memory: number;
}

function hash(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 97) {
    sum = (Math.imul(sum, 31) + bytes[i]!) | 0;
  }
  return sum;
}

function interpret(
  module: Uint8Array,
  depth: number,
  check?: Uint8Array,
): { outcome: Outcome; tally: Tally } | undefined {
  const tally = new Tally(MAX_STEPS);
  const back: HostFunction = (value) => (Number(value) > 0 ? machine.call('run', Number(value) - 1) : [7]);
  const options = { imports: { 'host/back': back }, tally, maxPages: MAX_PAGES, helpersPrices: check === undefined };
  const machine = new Machine(decodeModule(module, check), options);
  let end: unknown;
  try {
    [end] = machine.call('run', depth);
  } catch (error) {
    if (error instanceof OutOfSteps) {
      return undefined;
    }
    if (!(error instanceof Trap) && !(error instanceof Exception)) {
      throw error;
    }
    end = error instanceof Trap ? 'trap' : 'exception';
  }
  return { outcome: { end, global: machine.globals[0], memory: hash(machine.memory) }, tally };
}

interface Exports {
  readonly run: (depth: number) => number;
  readonly global: { readonly value: number };
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** Run in V8; metered modules find their imports. */
function execute(module: Uint8Array, depth: number, reserved: ReturnType<typeof reservedImports>): Outcome {
  const back = (value: number): number => (value > 0 ? exports.run(value - 1) : 7);
  const instance = new wasm.Instance(new wasm.Module(module), { ...reserved, host: { back } });
  const exports = instance.exports as unknown as Exports;
  let end: unknown;
  try {
    end = exports.run(depth);
  } catch (error) {
    end = error instanceof wasm.Exception ? 'exception' : error instanceof wasm.RuntimeError ? 'trap' : error;
  }
  return { end, global: exports.global.value, memory: hash(new Uint8Array(exports.memory.buffer)) };
}

interface Fuel {
  value: bigint;
}

/** Run with a budget. @returns what is left of it, too. */
function executeMetered(
  module: Uint8Array,
  meter: Meter,
  depth: number,
  budget: bigint,
): { outcome: Outcome; left: bigint } {
  const { bytes } = rewrite(module, meter, planCode);
  const reserved = reservedImports(readModuleFacts(module));
  const own = { ...reserved['wasm-plugin:sandbox'], tick: () => 1 } as { fuel?: unknown; tick: () => number };
  const fuel = own.fuel as Fuel;
  fuel.value = budget;
  const outcome = execute(bytes, depth, { 'wasm-plugin:sandbox': { ...own } });
  return { outcome, left: fuel.value };
}

describe('a random module', () => {
  test('never does more between two checks than the bound says', () => {
    let hardest = 0;
    let runs = 0;
    fc.assert(
      fc.property(numbers, shapes, depths, (list, shape, depth) => {
        const module = randomModule(list, shape);
        expect(wasm.validate(module)).toBe(true);
        const ran = interpret(rewrite(module, EPOCH, planCode).bytes, depth, EPOCH_CHECK);
        if (ran === undefined) {
          return;
        }
        const { most, deepest } = ran.tally;
        expect(most).toBeLessThan(2 * STRETCH + CONTRACT_RETURN * deepest + ENTRY + THROW);
        hardest = Math.max(hardest, most);
        runs++;
      }),
      { numRuns: 800, seed: SEED },
    );
    expect(runs).toBeGreaterThan(500);
    // They came near it.
    expect(hardest).toBeGreaterThanOrEqual(STRETCH);
  });

  test('does the same with every meter, and as the interpreter says', () => {
    let runs = 0;
    fc.assert(
      fc.property(numbers, shapes, depths, (list, shape, depth) => {
        const module = randomModule(list, shape);
        const ran = interpret(module, depth);
        if (ran === undefined) {
          return;
        }
        expect(execute(module, depth, {})).toEqual(ran.outcome);
        for (const meter of METERS) {
          expect(executeMetered(module, meter, depth, BUDGET).outcome).toEqual(ran.outcome);
        }
        runs++;
      }),
      { numRuns: 300, seed: SEED },
    );
    expect(runs).toBeGreaterThan(200);
  });

  test('uses as much fuel as the interpreter counts, with every meter', () => {
    let exact = 0;
    fc.assert(
      fc.property(numbers, shapes, depths, (list, shape, depth) => {
        const module = randomModule(list, shape);
        const ran = interpret(module, depth);
        if (ran === undefined) {
          return;
        }
        const used = COUNTING.map((meter) => BUDGET - executeMetered(module, meter, depth, BUDGET).left);
        expect(new Set(used).size).toBe(1);
        // A function that ends otherwise was charged in advance, or had not told yet what it used.
        if (typeof ran.outcome.end === 'number' && shape.exceptions === 'none') {
          expect(used[0]).toBe(BigInt(ran.tally.total));
          exact++;
        } else {
          expect(used[0]).toBeGreaterThanOrEqual(0n);
        }
      }),
      { numRuns: 300, seed: SEED },
    );
    expect(exact).toBeGreaterThan(40);
  });

  test('stops in the same state with every meter when the fuel is used up', () => {
    let stopped = 0;
    fc.assert(
      fc.property(numbers, shapes, depths, fc.integer({ min: 1, max: 99 }), (list, shape, depth, percent) => {
        const module = randomModule(list, shape);
        const ran = interpret(module, depth);
        if (ran === undefined) {
          return;
        }
        const budget = BigInt(Math.floor((ran.tally.total * percent) / 100));
        const [first, ...others] = COUNTING.map((meter) => executeMetered(module, meter, depth, budget));
        for (const other of others) {
          expect(other).toEqual(first);
        }
        stopped += first!.left < 0n && first!.outcome.end === 'trap' ? 1 : 0;
      }),
      { numRuns: 300, seed: SEED },
    );
    expect(stopped).toBeGreaterThan(20);
  });
});
