/** The ways in which bench/meter.ts runs a core module: as it came, and rewritten for each kind of isolation. */
import { CallBudget } from '../../host/sandbox/call-budget.js';
import { INLINE_DEADLINE_METER, threadDeadline } from '../../host/sandbox/deadline/index.js';
import { DEFAULT_SANDBOX_LIMITS } from '../../host/sandbox/limits.js';
import { type Meter, rewriteModule } from '../../host/sandbox/meter/index.js';
import { type ModuleFacts, readModuleFacts } from '../../host/sandbox/module-facts.js';
import {
  EPOCH_IMPORT,
  FUEL_IMPORT,
  MEMORY_IMPORT,
  RESERVED_NAMESPACE,
  TICK_IMPORT,
} from '../../host/sandbox/reserved.js';
import { type Imports, type WasmModule, wasm } from '../support/web-assembly.js';

export interface Mode {
  readonly name: string;
  /** Undefined for the module as it came. */
  readonly meter: Meter | undefined;
}

export const PLAIN: Mode = { name: 'as it came', meter: undefined };
/** As in a thread, which is ended from outside. */
export const UNMETERED: Mode = { name: 'thread', meter: { deadline: 'none', fuel: false } };
/** As inline. Epoch checks where V8 has multi-memory, slices of fuel where it has not. */
export const DEADLINE: Mode = {
  name: `inline (${INLINE_DEADLINE_METER})`,
  meter: { deadline: INLINE_DEADLINE_METER, fuel: false },
};
export const THREAD_FUEL: Mode = { name: 'thread, fuel', meter: { deadline: 'none', fuel: true } };
export const INLINE_FUEL: Mode = { name: 'inline, fuel', meter: { deadline: INLINE_DEADLINE_METER, fuel: true } };

export const MODES: readonly Mode[] = [PLAIN, UNMETERED, DEADLINE, THREAD_FUEL, INLINE_FUEL];
export const HAS_EPOCH = INLINE_DEADLINE_METER === 'epoch';

const MAX_PAGES = 1024;
/** More than any sample takes, of either. */
const LIMITS = { ...DEFAULT_SANDBOX_LIMITS, deadlineMs: 600_000, fuel: Number.MAX_SAFE_INTEGER };

/** A core module, compiled for a mode. */
export interface Treated {
  readonly module: WasmModule;
  /** What an instance of it imports from the sandbox; the memory is a new one each time. */
  imports(): Imports;
}

/** What instances of a mode count with: the product's own. */
export function budgetFor({ meter }: Mode): CallBudget | undefined {
  return meter && new CallBudget(LIMITS, meter, meter.deadline === 'none' ? undefined : threadDeadline());
}

/** Rewrite for a mode, and compile. */
export function treat(module: Uint8Array, { meter }: Mode, budget: CallBudget | undefined): Treated {
  if (meter === undefined) {
    return { module: new wasm.Module(module), imports: () => ({}) };
  }
  const facts = readModuleFacts(module);
  return {
    module: new wasm.Module(rewriteWhole(module, facts, meter)),
    imports: () => ({
      [RESERVED_NAMESPACE]: {
        [EPOCH_IMPORT]: meter.deadline === 'epoch' ? threadDeadline().epoch : undefined,
        [FUEL_IMPORT]: budget?.fuelGlobal,
        [TICK_IMPORT]: budget?.tick,
        [MEMORY_IMPORT]:
          facts.memory &&
          new wasm.Memory({ initial: facts.memory.minimum, maximum: Math.max(MAX_PAGES, facts.memory.minimum) }),
      },
    }),
  };
}

/** Rewrite a module that is ours: tables keep what they ask for, functions may have any size. */
export function rewriteWhole(module: Uint8Array, facts: ModuleFacts, meter: Meter): Uint8Array {
  const tableMaxima = facts.tables.map(({ minimum, maximum }) => maximum ?? minimum);
  return rewriteModule(module, facts, { tableMaxima, meter, functionBytes: module.byteLength }).bytes;
}
