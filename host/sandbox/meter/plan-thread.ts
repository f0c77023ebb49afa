/**
 * What code needs so that ending its thread ends it.
 *
 * V8 looks whether it has been told to stop where loops come round and where functions start, but not everywhere:
 *
 *   code before it is optimised   where functions start. Loops only once so many bytes of code have been run through (the budget after
 *                                 which it is optimised), which is some 400,000 rounds of a short loop
 *   optimised code                where loops come round, and where functions start that call others. Tail calls are no calls
 *
 * So these go on after `terminate`, for minutes or for ever: a loop around a long bulk operation, or around the call of a long
 * function that calls nothing; a circle of tail calls. Which functions call nothing is for V8 to say, since it puts callees into
 * their callers' place. Hence bulk operations become calls of functions that do them in chunks, and each function that is
 * long or ends in a tail call begins with a loop that ends at once: three bytes, at whose head optimised code looks.
 *
 * Seen with V8 11 to 14; test/contract/thread-deadline.test.ts tells when it changes.
 */
import { leb } from '../wasm-bytes.js';
import { BulkHelpers } from './bulk-helpers.js';
import { CheckCode } from './checks.js';
import type { CodeFacts } from './code-facts.js';
import type { CodePlan, Edit, MeterIndices } from './meter.js';
import * as op from './opcodes.js';
import { newOperator, type Operator, OperatorReader } from './operator-reader.js';

export interface ThreadPlan extends CodePlan {
  /** False if the code stays as it is. */
  readonly changes: boolean;
}

/** Functions below this size are over in a microsecond: 400,000 of them take less than a second. */
const LONG_BYTES = 64;
const NO_VALUE = 0x40;
/** `(loop)` */
const POLL = Uint8Array.of(op.LOOP, NO_VALUE, op.END);
const NO_EDITS: readonly Edit[] = [];

/**
 * Plan what makes code end with its thread.
 *
 * @param module - passed `WebAssembly.validate`; not kept.
 * @param facts - of the same module.
 * @param indices - in the rewritten module.
 * @param counting - what is done to count fuel, bulk operations included; undefined where it is not counted.
 * @throws PluginError `COMPONENT_UNSUPPORTED` for code that the meter does not know; `LIMIT_EXCEEDED` for too many different bulk
 *   operations.
 */
export function planThread(
  module: Uint8Array,
  facts: CodeFacts,
  indices: MeterIndices,
  counting: CodePlan | undefined,
): ThreadPlan {
  const helpers = new BulkHelpers(facts, new CheckCode({ deadline: 'none', fuel: false }, indices).onGlobal);
  const { bodies } = facts;
  const polled = new Uint8Array(bodies.count);
  const bulk = new Map<number, readonly Edit[]>();
  const operator = newOperator();
  for (let index = 0; index < bodies.count; index++) {
    const start = bodies.code[index]!;
    const end = bodies.ends[index]!;
    const reader = new OperatorReader(module, start, end);
    const found: Edit[] = [];
    let poll = end - start >= LONG_BYTES;
    while (reader.next(operator)) {
      const helper = counting === undefined ? (helpers.wayOf(operator)?.helper ?? -1) : -1;
      if (helper !== -1) {
        const insert = Uint8Array.from([op.CALL, ...leb(indices.firstHelper + helper)]);
        found.push({ at: operator.start, remove: operator.end - operator.start, insert });
      }
      poll ||= isTailCall(operator);
    }
    polled[index] = poll ? 1 : 0;
    if (found.length > 0) {
      bulk.set(index, found);
    }
  }
  return {
    changes: counting !== undefined || bulk.size > 0 || polled.includes(1),
    helpers: counting?.helpers ?? helpers.list,
    edits(index) {
      const edits = counting?.edits(index) ?? bulk.get(index) ?? NO_EDITS;
      return polled[index] === 1 ? withPoll(edits, bodies.code[index]!) : edits;
    },
  };
}

function isTailCall({ code }: Operator): boolean {
  return code === op.RETURN_CALL || code === op.RETURN_CALL_INDIRECT || code === op.RETURN_CALL_REF;
}

/** Behind what else is put before the first operator: the declaration of a local may be among it. */
function withPoll(edits: readonly Edit[], at: number): Edit[] {
  const first = edits.findIndex((edit) => edit.at > at || (edit.at === at && edit.remove > 0));
  const before = first === -1 ? edits.length : first;
  return [...edits.slice(0, before), { at, remove: 0, insert: POLL }, ...edits.slice(before)];
}
