/**
 * Modules compute the same when imports of ours have moved their functions and globals. Each row refers to them in another way.
 */
import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { everywhere, instantiate, METERS, reservedImports, rewrite } from '../../../../test/support/metered.js';
import { readModuleFacts } from '../../module-facts.js';
import { wasm } from '../../web-assembly.js';
import { planCode } from '../plan.js';

const NODE = Number.parseInt(process.versions.node, 10);
const HOST = { host: { add: (a: number, b: number): number => a + b, seven: 7 } };
const IMPORTS =
  '(import "host" "add" (func $add (param i32 i32) (result i32))) (import "host" "seven" (global $seven i32))';
/** 130 functions: where the index of the last ones gets longer by the shift. */
const MANY = Array.from({ length: 130 }, (_, i) => `(func (result i32) (i32.const ${i}))`).join('');
const MANY_GLOBALS = Array.from({ length: 130 }, (_, i) => `(global (mut i32) (i32.const ${i}))`).join('');

const rows = [
  {
    name: 'calls of its own function',
    code: '(func $f (result i32) (i32.const 5)) (func (export "run") (result i32) (call $f))',
  },
  {
    name: 'calls of an import',
    code: '(func (export "run") (result i32) (call $add (i32.const 1) (global.get $seven)))',
  },
  {
    name: 'calls across the length of an index',
    code: `${MANY} (func (export "run") (result i32)
      (i32.add (i32.mul (i32.const 1000) (call 126)) (i32.add (call 127) (i32.mul (i32.const 7) (call 128)))))`,
  },
  {
    name: 'tail calls',
    code: `(func $down (param i32) (result i32)
      (if (result i32) (local.get 0) (then (return_call $down (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 3))))
      (func (export "run") (result i32) (call $down (i32.const 9)))`,
  },
  {
    name: 'globals of its own, beside an imported one',
    code: `(global $a (mut i32) (i32.const 10)) (global $b (mut i32) (i32.const 20))
      (func (export "run") (result i32) (global.set $b (i32.add (global.get $a) (global.get $seven)))
        (i32.sub (global.get $b) (global.get $a)))`,
  },
  {
    name: 'globals across the length of an index',
    code: `${MANY_GLOBALS} (func (export "run") (result i32) (global.set 127 (global.get 126)) (global.set 128 (global.get 129))
      (i32.add (i32.mul (i32.const 1000) (global.get 127)) (global.get 128)))`,
  },
  {
    name: 'an exported global',
    code: '(global $a (export "g") i32 (i32.const 44)) (func (export "run") (result i32) (global.get $a))',
  },
  {
    name: 'an active segment, and calls through the table',
    code: `(type $t (func (result i32))) (table 3 3 funcref) (elem (i32.const 1) func $a $b)
      (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 2))
      (func (export "run") (result i32) (call_indirect (type $t) (i32.const 2)))`,
  },
  {
    name: 'an active segment of another table',
    code: `(type $t (func (result i32))) (table 3 3 funcref) (table $u 3 3 funcref) (elem (table $u) (i32.const 0) func $a $b)
      (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 2))
      (func (export "run") (result i32) (call_indirect $u (type $t) (i32.const 1)))`,
  },
  {
    name: 'a segment of expressions, and a global that refers to a function',
    code: `(type $t (func (result i32))) (table 3 3 funcref) (elem (i32.const 0) funcref (ref.func $b) (ref.null func) (item ref.func $a))
      (global $g funcref (ref.func $b)) (func $a (result i32) (i32.const 30)) (func $b (result i32) (i32.const 4))
      (func (export "run") (result i32) (table.set (i32.const 1) (global.get $g))
        (i32.add (call_indirect (type $t) (i32.const 1)) (call_indirect (type $t) (i32.const 2))))`,
  },
  {
    name: 'a passive segment, and a reference in code',
    code: `(type $t (func (result i32))) (table 3 3 funcref) (elem $e func $a $b) (elem declare func $c)
      (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 2)) (func $c (result i32) (i32.const 300))
      (func (export "run") (result i32) (table.init $e (i32.const 0) (i32.const 1) (i32.const 1))
        (table.set (i32.const 1) (ref.func $c))
        (i32.add (call_indirect (type $t) (i32.const 0)) (call_indirect (type $t) (i32.const 1))))`,
  },
  {
    name: 'passive and declarative segments of expressions',
    code: `(type $t (func (result i32))) (table 3 3 funcref) (elem $e funcref (ref.func $b)) (elem declare funcref (ref.func $a))
      (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 2))
      (func (export "run") (result i32) (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))
        (call_indirect (type $t) (i32.const 0)))`,
  },
  {
    name: 'the start function',
    code: '(global $g (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 77))) (start $s) (func (export "run") (result i32) (global.get $g))',
  },
  {
    name: 'an exported import and an exported function of its own',
    code: '(export "again" (func $add)) (func $f (export "run") (result i32) (i32.const 6)) (export "other" (func $f))',
  },
  {
    name: 'data at an imported offset',
    code: '(memory 1) (data (global.get $seven) "\\2a") (func (export "run") (result i32) (i32.load8_u (i32.const 7)))',
  },
  {
    name: 'a table offset that is imported',
    code: `(type $t (func (result i32))) (table 9 9 funcref) (elem (global.get $seven) func $a)
      (func $a (result i32) (i32.const 1)) (func (export "run") (result i32) (call_indirect (type $t) (i32.const 7)))`,
  },
  {
    name: 'a memory that it fills, in loops',
    code: `(memory 1) (func (export "run") (result i32) (local i32)
      (memory.fill (i32.const 10) (i32.const 3) (i32.const 20))
      (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 100))))
      (i32.add (local.get 0) (i32.load (i32.const 26))))`,
  },
  {
    name: 'exceptions',
    code: `(tag $e (param i32)) (func $f (throw $e (i32.const 12)))
      (func (export "run") (result i32) try (result i32) call $f i32.const 0 catch $e end)`,
  },
];
/** What Node takes for sure since 26. */
const recent = [
  {
    name: 'typed references',
    code: `(type $t (func (result i32))) (func $a (type $t) (i32.const 8)) (elem declare func $a)
      (func (export "run") (result i32) (call_ref $t (ref.func $a)))`,
  },
  {
    name: 'constant expressions that add globals up',
    code: `(global $a i32 (i32.const 5)) (global $b i32 (i32.add (global.get $a) (global.get $seven)))
      (memory 1) (data (i32.add (global.get $b) (global.get $a)) "\\63")
      (func (export "run") (result i32) (i32.add (global.get $b) (i32.load8_u (i32.const 17))))`,
  },
  {
    name: 'a try table',
    code: `(tag $e (param i32)) (func $f (throw $e (i32.const 12)))
      (func (export "run") (result i32) (block (result i32) (try_table (catch $e 0) (call $f)) (i32.const 0)))`,
  },
];

/** What an instance shows: results, values of globals, kinds of exports. */
function observed(bytes: Uint8Array, ours: Readonly<Record<string, Record<string, unknown>>> = {}): unknown {
  const { exports } = instantiate(bytes, { ...HOST, ...ours });
  const again = exports.again as ((a: number, b: number) => number) | undefined;
  return {
    run: (exports.run as () => number)(),
    names: Object.keys(exports),
    global: (exports.g as { value: number } | undefined)?.value,
    same: exports.other === exports.run,
    again: again?.(20, 3),
  };
}

describe.each(METERS)('with $name', (meter) => {
  for (const { name, code } of [...rows, ...recent]) {
    test(name, async () => {
      const module = new Uint8Array(await parse(`(module ${IMPORTS} ${code})`));
      const known = wasm.validate(module);
      expect(known || (NODE < 26 && recent.some((row) => row.name === name))).toBe(true);
      if (!known) return;
      const want = observed(module);
      for (const planner of [everywhere, planCode]) {
        const { bytes } = rewrite(module, meter, planner);
        const counts = { ticks: 0 };
        expect(observed(bytes, reservedImports(readModuleFacts(module), counts))).toEqual(want);
        expect(counts.ticks > 0).toBe(meter.deadline === 'slices' && planner === everywhere);
      }
    });
  }
});
