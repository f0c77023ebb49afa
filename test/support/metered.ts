/** Rewriting core modules in tests: the meters that this Node has, what rewritten modules import, and a planner without ideas. */
import { INLINE_DEADLINE_METER } from '../../host/sandbox/index.js';
import type { CodeFacts } from '../../host/sandbox/meter/code-facts.js';
import type { CodePlan, Edit, Helper, Meter, MeterIndices } from '../../host/sandbox/meter/meter.js';
import { LOOP, MEMORY_FILL } from '../../host/sandbox/meter/opcodes.js';
import { newOperator, OperatorReader } from '../../host/sandbox/meter/operator-reader.js';
import { type RewriteOptions, type RewrittenModule, rewriteModule } from '../../host/sandbox/meter/rewrite-module.js';
import { type ModuleFacts, readModuleFacts } from '../../host/sandbox/module-facts.js';
import { concat, leb } from '../../host/sandbox/wasm-bytes.js';
import { type WasmImports, type WasmInstance, wasm } from '../../host/sandbox/web-assembly.js';

export interface NamedMeter extends Meter {
  readonly name: string;
}

const ANYWHERE: readonly NamedMeter[] = [
  { name: 'fuel', deadline: 'none', fuel: true },
  { name: 'slices', deadline: 'slices', fuel: false },
  { name: 'slices and fuel', deadline: 'slices', fuel: true },
];
/** Two memories in a module, which Node 20 does not have. */
const WITH_EPOCH: readonly NamedMeter[] = [
  { name: 'epoch', deadline: 'epoch', fuel: false },
  { name: 'epoch and fuel', deadline: 'epoch', fuel: true },
];
export const METERS = INLINE_DEADLINE_METER === 'epoch' ? [...ANYWHERE, ...WITH_EPOCH] : ANYWHERE;
export const NO_METER: NamedMeter = { name: 'none', deadline: 'none', fuel: false };

const TABLE_ENTRIES = 1000;
const PLENTY = 1n << 60n;
const I32 = 0x7f;

/** Rewrite with generous bounds. */
export function rewrite(
  module: Uint8Array,
  meter: Meter,
  planner: typeof everywhere | undefined = everywhere,
  options: Partial<RewriteOptions> = {},
): RewrittenModule {
  const facts = readModuleFacts(module);
  const tableMaxima = facts.tables.map(({ minimum, maximum }) => Math.max(minimum, maximum ?? TABLE_ENTRIES));
  return rewriteModule(module, facts, { tableMaxima, meter, functionBytes: module.length, ...options }, planner);
}

/** Everything that a rewritten module may import from the sandbox. */
export function reservedImports({ memory }: ModuleFacts, counts = { ticks: 0 }): WasmImports {
  return {
    'wasm-plugin:sandbox': {
      memory: new wasm.Memory({ initial: memory?.minimum ?? 0, maximum: Math.max(10, memory?.minimum ?? 0) }),
      epoch: new wasm.Memory({ initial: 1, maximum: 1, shared: true }),
      fuel: new wasm.Global({ value: 'i64', mutable: true }, PLENTY),
      tick: () => {
        counts.ticks++;
        return 0;
      },
    },
  };
}

export function instantiate(module: Uint8Array, imports: WasmImports): WasmInstance {
  return new wasm.Instance(new wasm.Module(module), imports);
}

/**
 * A planner that puts its code at the start of each function and behind each loop header, and calls a helper in place of each
 * `memory.fill`. Whatever the meter adds is used.
 */
export function everywhere(module: Uint8Array, code: CodeFacts, _meter: Meter, indices: MeterIndices): CodePlan {
  const insert = concat([charge(indices), tick(indices), epochCheck(indices)]);
  const fill: Helper = {
    parameters: [I32, I32, I32],
    results: [],
    body: concat([[0], insert, [0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0b, 0, 0x0b]]),
  };
  return {
    helpers: code.memories > 0 ? [fill] : [],
    edits(index) {
      const start = code.bodies.code[index]!;
      const edits: Edit[] = [{ at: start, remove: 0, insert }];
      const reader = new OperatorReader(module, start, code.bodies.ends[index]!);
      const operator = newOperator();
      while (reader.next(operator)) {
        if (operator.code === LOOP) {
          edits.push({ at: operator.end, remove: 0, insert });
        } else if (operator.code === MEMORY_FILL) {
          const call = concat([[0x10], leb(indices.firstHelper)]);
          edits.push({ at: operator.start, remove: operator.end - operator.start, insert: call });
        }
      }
      return edits;
    },
  };
}

function charge({ fuelGlobal }: MeterIndices): readonly number[] {
  return fuelGlobal < 0 ? [0x01] : [0x23, ...leb(fuelGlobal), 0x42, 5, 0x7d, 0x24, ...leb(fuelGlobal)];
}

function tick({ tickFunction }: MeterIndices): readonly number[] {
  return tickFunction < 0 ? [] : [0x10, ...leb(tickFunction), 0x04, 0x40, 0x00, 0x0b];
}

function epochCheck({ epochMemory }: MeterIndices): readonly number[] {
  const load = epochMemory === 0 ? [0xfe, 0x10, 2, 0] : [0xfe, 0x10, 0x42, ...leb(epochMemory), 0];
  return epochMemory < 0 ? [] : [0x41, 0, ...load, 0x04, 0x40, 0x00, 0x0b];
}
