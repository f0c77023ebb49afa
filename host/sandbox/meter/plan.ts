/** What is done to a core module's code so that it can be stopped: where checks go, and the bytes that they are. */
import { leb } from '../wasm-bytes.js';
import { BulkHelpers } from './bulk-helpers.js';
import { orderCalls } from './call-graph.js';
import { CheckCode, type FunctionCode, isCounting, signedLeb } from './checks.js';
import type { CodeFacts } from './code-facts.js';
import { unsupported } from './failures.js';
import { editsAt, editsWithLocal } from './function-edits.js';
import type { CodePlan, Edit, Meter, MeterIndices } from './meter.js';
import * as op from './opcodes.js';
import { Placement } from './placement.js';

/**
 * Plan the metering of a module's code.
 *
 * Takes time and memory in proportion to the code. Nothing is planned for a meter that neither counts nor stops.
 *
 * @param module - passed `WebAssembly.validate`; must not change while the plan is used.
 * @param facts - of the same module.
 * @param indices - in the rewritten module.
 * @throws PluginError `COMPONENT_UNSUPPORTED` for code that the meter does not know; `LIMIT_EXCEEDED` for too many different bulk
 *   operations.
 */
export function planCode(module: Uint8Array, facts: CodeFacts, meter: Meter, indices: MeterIndices): CodePlan {
  if (meter.deadline === 'none' && !meter.fuel) {
    return { edits: () => [], helpers: [] };
  }
  const code = new CheckCode(meter, indices);
  const bulk = new BulkHelpers(facts, code.onGlobal);
  const placement = new Placement(module, facts, orderCalls(module, facts), bulk, isCounting(meter));
  const blockTypes = new BlockTypes(facts.types);
  const wrappers = new Map(
    [...placement.wrapped].map(([index, end]) => {
      return [index, wrapper(facts, blockTypes, index, end, code.onGlobal)] as const;
    }),
  );
  const calls = bulk.list.map((_, helper) => Uint8Array.from([op.CALL, ...leb(indices.firstHelper + helper)]));
  const edits = (index: number): readonly Edit[] => {
    const points = placement.points.of(index);
    if (placement.local[index] === 1) {
      return editsWithLocal(module, facts, index, points, code, calls);
    }
    const inside = editsAt(points, code.onGlobal, calls);
    const around = wrappers.get(index);
    return around === undefined ? inside : [around.start, ...inside, around.end];
  };
  return { edits, helpers: bulk.list };
}

/** Put a function's body into a block, and a check behind it: branches out of the function go there too. */
function wrapper(
  { bodies, functionTypes, importedFunctions }: CodeFacts,
  blockTypes: BlockTypes,
  index: number,
  end: number,
  code: FunctionCode,
): { readonly start: Edit; readonly end: Edit } {
  const block = blockTypes.of(functionTypes[importedFunctions + index]!);
  if (block === undefined) {
    throw unsupported(end, 'a function with several results that ends in an exception handler');
  }
  return {
    start: { at: bodies.code[index]!, remove: 0, insert: Uint8Array.from([op.BLOCK, ...block]) },
    end: { at: end, remove: 0, insert: Uint8Array.from([op.END, ...code.at(0, true)]) },
  };
}

const NO_VALUE = 0x40;
/** Value types with a heap type of their own take more than the byte that the facts have. */
const REF = 0x64;
const REF_NULL = 0x63;

/** How to write the type of a block that takes nothing and gives what a function gives. */
class BlockTypes {
  readonly #types: CodeFacts['types'];
  /** Types without parameters, by their results. */
  #byResults: Map<string, number> | undefined;

  constructor(types: CodeFacts['types']) {
    this.#types = types;
  }

  /** @returns undefined if neither a value type nor a type of the module says it. */
  of(type: number): readonly number[] | undefined {
    if (this.#types.parameters[type] === 0) {
      return signedLeb(type);
    }
    const results = this.#results(type);
    if (results.includes(REF) || results.includes(REF_NULL)) {
      return undefined;
    }
    if (results.length <= 1) {
      return [results[0] ?? NO_VALUE];
    }
    this.#byResults ??= this.#indexByResults();
    const other = this.#byResults.get(results.join());
    return other === undefined ? undefined : signedLeb(other);
  }

  #results(type: number): Uint8Array {
    const { parameters, results, starts, valueTypes } = this.#types;
    const from = starts[type]! + parameters[type]!;
    return valueTypes.subarray(from, from + results[type]!);
  }

  #indexByResults(): Map<string, number> {
    const found = new Map<string, number>();
    for (let type = 0; type < this.#types.count; type++) {
      if (this.#types.parameters[type] === 0) {
        found.set(this.#results(type).join(), type);
      }
    }
    return found;
  }
}
