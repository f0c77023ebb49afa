/** The steps of rewriting a module, each by itself. */
import { type CodeFacts, readCodeFacts } from '../../host/sandbox/meter/code-facts.js';
import type { Meter } from '../../host/sandbox/meter/index.js';
import { newOperator, OperatorReader } from '../../host/sandbox/meter/operator-reader.js';
import { planCode } from '../../host/sandbox/meter/plan.js';
import { indicesOf } from '../../host/sandbox/meter/sections/additions.js';
import { readModuleFacts } from '../../host/sandbox/module-facts.js';
import { rewriteWhole } from '../meter/modes.js';

export const WALK = 'walk all operators';
export const TOTAL = 'rewrite, all of it: epoch';

const EPOCH: Meter = { deadline: 'epoch', fuel: false };
const FUEL: Meter = { deadline: 'none', fuel: true };

export type Step = (module: Uint8Array) => unknown;

export const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  [WALK, walk],
  ['facts of the module', factsOf],
  ['facts and placement: epoch', (module) => plan(module, EPOCH)],
  ['facts and placement: fuel', (module) => plan(module, FUEL)],
  [TOTAL, (module) => rewriteWhole(module, readModuleFacts(module), EPOCH)],
  ['rewrite, all of it: fuel', (module) => rewriteWhole(module, readModuleFacts(module), FUEL)],
]);

/** Bytes of all function bodies: what throughput refers to. */
export function codeBytes(module: Uint8Array): number {
  const { bodies } = factsOf(module);
  let bytes = 0;
  for (let i = 0; i < bodies.count; i++) {
    bytes += bodies.ends[i]! - bodies.starts[i]!;
  }
  return bytes;
}

function factsOf(module: Uint8Array): CodeFacts {
  return readCodeFacts(module, readModuleFacts(module), module.byteLength);
}

function walk(module: Uint8Array): number {
  const { bodies } = factsOf(module);
  const operator = newOperator();
  let count = 0;
  for (let i = 0; i < bodies.count; i++) {
    const reader = new OperatorReader(module, bodies.code[i]!, bodies.ends[i]!);
    while (reader.next(operator)) {
      count++;
    }
  }
  return count;
}

function plan(module: Uint8Array, meter: Meter): number {
  const facts = factsOf(module);
  const { edits } = planCode(module, facts, meter, indicesOf(facts, meter));
  let count = 0;
  for (let i = 0; i < facts.bodies.count; i++) {
    count += edits(i).length;
  }
  return count;
}
