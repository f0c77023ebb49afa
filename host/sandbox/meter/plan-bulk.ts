/**
 * What code needs that runs as it is and is stopped from outside, by ending its thread.
 *
 * V8 looks for that at each call of a function. In code that it has not optimised it does not look in loops, but only once so many
 * bytes of code have been run through (the budget after which it optimises): some 200,000 rounds of a short loop. That is soon as
 * long as operators are short, and hours where each of them fills megabytes: `terminate` does not end such a thread. So
 * these alone become calls, to the functions that do them in chunks.
 */
import { leb } from '../wasm-bytes.js';
import { BulkHelpers } from './bulk-helpers.js';
import { CheckCode } from './checks.js';
import type { CodeFacts } from './code-facts.js';
import type { CodePlan, Edit, MeterIndices } from './meter.js';
import * as op from './opcodes.js';
import { newOperator, OperatorReader } from './operator-reader.js';

const NO_EDITS: readonly Edit[] = [];

/**
 * Plan the calls in place of bulk operations; otherwise the code stays as it is.
 *
 * @param module - passed `WebAssembly.validate`; not kept.
 * @param facts - of the same module.
 * @param indices - in the rewritten module.
 * @throws PluginError `COMPONENT_UNSUPPORTED` for code that the meter does not know; `LIMIT_EXCEEDED` for too many different bulk
 *   operations.
 */
export function planBulk(module: Uint8Array, facts: CodeFacts, indices: MeterIndices): CodePlan {
  const helpers = new BulkHelpers(facts, new CheckCode({ deadline: 'none', fuel: false }, indices).onGlobal);
  const edits = new Map<number, readonly Edit[]>();
  const operator = newOperator();
  const { bodies } = facts;
  for (let index = 0; index < bodies.count; index++) {
    const reader = new OperatorReader(module, bodies.code[index]!, bodies.ends[index]!);
    const found: Edit[] = [];
    while (reader.next(operator)) {
      const helper = helpers.wayOf(operator)?.helper ?? -1;
      if (helper !== -1) {
        const insert = Uint8Array.from([op.CALL, ...leb(indices.firstHelper + helper)]);
        found.push({ at: operator.start, remove: operator.end - operator.start, insert });
      }
    }
    if (found.length > 0) {
      edits.set(index, found);
    }
  }
  return { edits: (index) => edits.get(index) ?? NO_EDITS, helpers: helpers.list };
}
