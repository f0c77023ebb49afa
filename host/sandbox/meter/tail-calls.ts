/**
 * What tail calls need where a thread is stopped from outside.
 *
 * V8 looks whether its thread is to end when a function is entered that calls others. A tail call is a jump to it, not a call: functions
 * that end in one each and call nothing else go on for ever, and `terminate` waits for ever. So a call of a function that does
 * nothing goes before each tail call. Seen with V8 14; held by test/limits/deadline.test.ts.
 */
import { leb } from '../wasm-bytes.js';
import type { CodeFacts } from './code-facts.js';
import type { CodePlan, Edit, Helper, MeterIndices } from './meter.js';
import * as op from './opcodes.js';
import { newOperator, OperatorReader } from './operator-reader.js';

/** V8 14 takes functions up to 500 bytes into others (`--wasm-inlining-max-size`). */
const LONG = 8 * 1024;
const NO_LOCALS = 0x00;
const NOTHING: Helper = {
  parameters: [],
  results: [],
  body: Uint8Array.of(NO_LOCALS, ...new Uint8Array(LONG).fill(op.NOP), op.END),
};

/**
 * Let V8 look around before each tail call.
 *
 * @param module - passed `WebAssembly.validate`; not kept.
 * @param plan - what is done to the code besides.
 * @returns the plan itself for a module without tail calls.
 */
export function withTailCallsSeen(
  module: Uint8Array,
  facts: CodeFacts,
  indices: MeterIndices,
  plan: CodePlan,
): CodePlan {
  const found = findTailCalls(module, facts);
  if (found.size === 0) {
    return plan;
  }
  const insert = Uint8Array.from([op.CALL, ...leb(indices.firstHelper + plan.helpers.length)]);
  return {
    helpers: [...plan.helpers, NOTHING],
    edits(index) {
      const calls = (found.get(index) ?? []).map((at): Edit => ({ at, remove: 0, insert }));
      // The sort is stable: what the plan puts at the same place stays in its order.
      return [...plan.edits(index), ...calls].sort((a, b) => a.at - b.at);
    },
  };
}

/** Offsets of tail calls, by function without the imports. */
function findTailCalls(module: Uint8Array, { bodies }: CodeFacts): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  const operator = newOperator();
  for (let index = 0; index < bodies.count; index++) {
    const reader = new OperatorReader(module, bodies.code[index]!, bodies.ends[index]!);
    while (reader.next(operator)) {
      const { code } = operator;
      if (code === op.RETURN_CALL || code === op.RETURN_CALL_INDIRECT || code === op.RETURN_CALL_REF) {
        const places = found.get(index);
        if (places === undefined) found.set(index, [operator.start]);
        else places.push(operator.start);
      }
    }
  }
  return found;
}
