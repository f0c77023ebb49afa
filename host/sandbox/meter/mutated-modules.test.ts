/** Mutated modules: the walker returns or throws a PluginError, and what V8 takes stays valid when it is rewritten. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from '@bytecodealliance/jco';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { everywhere, METERS, NO_METER, rewrite } from '../../../test/support/metered.js';
import { PluginError } from '../../errors/index.js';
import { readModuleFacts } from '../module-facts.js';
import { wasm } from '../web-assembly.js';
import { readCodeFacts } from './code-facts.js';
import { newOperator, OperatorReader } from './operator-reader.js';
import { planCode } from './plan.js';

const ADAPTER = '../../../node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.reactor.wasm';

/** A little of everything. */
const TEXT = `(module (type $t (func (param i32) (result i32))) (import "a" "b" (func (param i32))) (import "a" "g" (global i32))
  (table 3 5 funcref) (memory 1 2) (tag (param i32)) (global $g (mut i32) (i32.const 1)) (global funcref (ref.func 2))
  (export "m" (memory 0)) (export "g" (global 1)) (export "f" (func 3)) (start 1)
  (elem (i32.const 0) func 1 2) (elem funcref (ref.func 3) (ref.null func)) (elem declare func 2)
  (func (call 0 (global.get 0)))
  (func (type $t) (loop $l (br_if $l (memory.grow (i32.const 1)))) (return_call 2 (local.get 0)))
  (func (type $t) (local i64 f32) (memory.fill (i32.const 0) (i32.const 1) (i32.const 2)) (global.set $g (local.get 0))
    (block $b (block $c (br_table $b $c $b (local.get 0)))) (drop (ref.func 2))
    (call_indirect (type $t) (i32.const 1) (i32.const 2)))
  (data (i32.const 0) "x") (data "passive") (@custom "other" "bytes"))`;

const MODULES = [
  { name: 'a small module', runs: 4000, load: async () => new Uint8Array(await parse(TEXT)) },
  {
    name: 'the preview1 adapter',
    runs: 1000,
    load: async () => new Uint8Array(await readFile(fileURLToPath(new URL(ADAPTER, import.meta.url)))),
  },
];

function refused(work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof PluginError && error.code !== 'HOST_BUG') return true;
    throw error;
  }
}

/** Every operator of every function that can be found. */
function walk(module: Uint8Array): void {
  const { bodies } = readCodeFacts(module, readModuleFacts(module), module.length);
  const operator = newOperator();
  for (let i = 0; i < bodies.count; i++) {
    const reader = new OperatorReader(module, bodies.code[i]!, bodies.ends[i]!);
    while (reader.next(operator));
  }
}

describe.each(MODULES)('$name with bytes changed', ({ runs, load }) => {
  test('is walked or refused, and what was valid stays valid', async () => {
    const original = await load();
    const edit = fc.record({ at: fc.integer({ min: 8, max: original.length - 1 }), byte: fc.nat(255) });
    const counts = { walked: 0, valid: 0, rewritten: 0 };
    fc.assert(
      fc.property(
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(NO_METER, ...METERS),
        fc.constantFrom(everywhere, planCode),
        (edits, meter, planner) => {
          const module = original.slice();
          for (const { at, byte } of edits) module[at] = byte;
          if (!refused(() => walk(module))) counts.walked++;
          if (!wasm.validate(module)) return;
          counts.valid++;
          const failed = refused(() => {
            expect(wasm.validate(rewrite(module, meter, planner).bytes)).toBe(true);
          });
          if (!failed) counts.rewritten++;
        },
      ),
      { numRuns: runs },
    );
    expect(counts.walked).toBeGreaterThan(runs / 20);
    expect(counts.rewritten).toBeGreaterThan(runs / 50);
    expect(counts.rewritten).toBeGreaterThan(counts.valid * 0.9);
  });
});
