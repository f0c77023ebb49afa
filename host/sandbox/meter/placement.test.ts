/** Where checks go, one rule at a time. That they are enough: test/fuzz/meter-attacks.test.ts and meter-bound.test.ts. */
import { parse, print } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../../test/support/cpu-time.js';
import { rewrite } from '../../../test/support/metered.js';
import { STRETCH } from './costs.js';
import { CONTRACT } from './flow.js';
import { planCode } from './plan.js';

const CHECK = /i32\.const 0 i32\.atomic\.load if(?: ;; label = @\d+)? unreachable end/g;

/** The metered functions as text, with `CHECK` for a check. The sources have no memory, so the epoch is in memory 0. */
async function metered(source: string): Promise<string> {
  const module = new Uint8Array(await parse(`(module ${source})`));
  const text = await print(rewrite(module, { deadline: 'epoch', fuel: false }, planCode).bytes);
  return text
    .replace(/\s+/g, ' ')
    .replace(CHECK, 'CHECK')
    .replace(/ ;; label = @\d+| \(;@?\d+;\)/g, '');
}

const units = (count: number): string => '(drop (i32.const 0))'.repeat(count);
/** In few bytes: a large function gets a check because it is large. */
const manyUnits = (count: number): string => '(drop (i64.div_u (i64.const 9) (i64.const 7)))'.repeat(count / DIVISION);
const DIVISION = 18;
const checks = (text: string): number => text.split('CHECK').length - 1;

describe('puts checks', () => {
  const cases = [
    {
      name: 'at the start of each loop',
      source: '(func (loop (loop)))',
      has: 'loop CHECK loop CHECK end end',
      count: 2,
    },
    { name: 'nowhere in a leaf', source: `(func ${manyUnits(STRETCH / 2 - DIVISION)})`, count: 0 },
    {
      name: 'in straight code once it is too long for callers',
      source: `(func ${manyUnits(STRETCH / 2 + DIVISION)})`,
      count: 1,
    },
    {
      name: 'at the start of long code, and where the bound is passed, again and again',
      source: `(func ${manyUnits(3.5 * STRETCH)})`,
      count: 4,
    },
    {
      name: 'nowhere in a short function that anybody may call',
      source: `(func (export "f") ${units(CONTRACT - 2)})`,
      count: 0,
    },
    { name: 'in a longer one', source: `(func (export "f") ${units(CONTRACT + 1)})`, count: 1 },
    {
      name: 'in a longer one that is in a table',
      source: `(table funcref (elem $f)) (func $f ${units(CONTRACT + 1)})`,
      count: 1,
    },
    { name: 'in a longer start function', source: `(func $f ${units(CONTRACT + 1)}) (start $f)`, count: 1 },
    {
      name: 'before an import is called where anybody may be the caller',
      source: '(import "a" "b" (func)) (func (export "f") call 0)',
      has: 'CHECK call 0',
      count: 1,
    },
    {
      name: 'not before an import is called where callers are known',
      source: '(import "a" "b" (func)) (func call 0)',
      count: 0,
    },
    {
      name: 'before an indirect call where anybody may be the caller',
      source: '(type $t (func)) (table 1 funcref) (func (export "f") i32.const 0 call_indirect (type $t))',
      has: 'i32.const 0 CHECK call_indirect',
      count: 1,
    },
    {
      name: 'once in a function that calls itself twice, and not on its short way',
      source: `(func $fib (param i32) (result i32) (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))`,
      has: 'local.get 0 else local.get 0 i32.const 1 i32.sub CHECK call $fib local.get 0 i32.const 2 i32.sub call $fib i32.add end',
      count: 1,
    },
    {
      name: 'after an unknown callee before much is done',
      source: `(import "a" "b" (func)) (func (export "f") call 0 ${units(100)})`,
      has: 'CHECK )',
      count: 2,
    },
    {
      name: 'at the largest function of a circle',
      source: `(func $small (call $large)) (func $large ${units(20)} (call $small))`,
      has: 'CHECK call $small',
      count: 1,
    },
    {
      name: 'before calls whose callees would pass the bound together',
      source: `(func $leaf ${manyUnits(3000)}) (func ${'(call $leaf)'.repeat(10)})`,
      has: 'call $leaf CHECK call $leaf call $leaf CHECK call $leaf call $leaf CHECK',
      count: 5,
    },
    {
      name: 'before a tail call of one that could be anything',
      source: '(func (export "f") return_call 0)',
      has: 'CHECK return_call 0',
      count: 1,
    },
    {
      name: 'at the start of a function with very many locals',
      source: `(func (export "f") (local ${'i64 '.repeat(2000)}) nop)`,
      has: 'CHECK nop',
      count: 1,
    },
    {
      name: 'at the start of a large function, which takes long to compile',
      source: `(func (if (i32.const 0) (then ${units(700)})))`,
      has: 'CHECK i32.const 0 if',
      count: 1,
    },
    {
      name: 'at the start of every handler',
      source: '(tag $t) (func try catch $t catch_all end)',
      has: 'try catch $t CHECK catch_all CHECK end',
      count: 2,
    },
    {
      name: 'behind a block that exceptions lead to',
      source: '(tag $t) (func (block $out (try_table (catch_all $out))))',
      has: 'try_table (catch_all 0) end end CHECK',
      count: 1,
    },
    {
      name: 'not behind a loop that exceptions lead to, which has one',
      source: '(tag $t) (func (loop $again (try_table (catch_all $again))))',
      has: 'loop CHECK try_table (catch_all 0) end end',
      count: 1,
    },
    {
      name: 'behind a body that exceptions lead out of',
      source: '(tag $t (param i32)) (func (result i32) (try_table (catch $t 0)) i32.const 1)',
      has: 'block (type 1) (result i32) try_table (catch $t 0) end i32.const 1 end CHECK )',
      count: 1,
    },
    {
      name: 'behind a body with several results that exceptions lead out of, if there is a type for it',
      source: `(type (func (result i32 i32))) (tag $t (param i32 i32))
        (func (param i64) (result i32 i32) (try_table (catch $t 0)) i32.const 1 i32.const 2)`,
      has: 'block (type 0) (result i32 i32) try_table',
      count: 1,
    },
    { name: 'nowhere that nobody comes', source: `(func return (loop) ${manyUnits(5400)} (block (loop)))`, count: 0 },
    {
      name: 'where only a branch comes',
      source: '(func (block $b (br $b) (loop)) (loop))',
      has: 'br 0 loop end end loop CHECK',
      count: 1,
    },
    {
      name: 'before and after growing a table',
      source: `(table 0 funcref) (func (drop (table.grow 0 (ref.null func) (i32.const 1))))`,
      has: 'CHECK table.grow 0 drop',
      count: 1,
    },
  ];
  for (const { name, source, has, count } of cases) {
    test(name, async () => {
      const text = await metered(source);
      expect(text).toContain(has ?? '');
      expect(checks(text)).toBe(count);
    });
  }
});

test('a body with several results that exceptions lead out of is refused if there is no type for it', async () => {
  const source = `(tag $t (param i32 i32)) (func (param i64) (result i32 i32) (try_table (catch $t 0)) i32.const 1 i32.const 2)`;
  await expect(metered(source)).rejects.toMatchObject({ code: 'COMPONENT_UNSUPPORTED' });
});

describe('takes time in proportion to the code', () => {
  const cases = [
    {
      name: 'a chain of 50,000 calls',
      source: `(func $f0) ${Array.from({ length: 50_000 }, (_, i) => `(func $f${i + 1} (call $f${i}))`).join('')}`,
    },
    {
      name: 'a circle of 20,000 calls',
      source: Array.from({ length: 20_000 }, (_, i) => `(func $f${i} (call $f${(i + 1) % 20_000}))`).join(''),
    },
    { name: 'blocks in blocks', source: `(func ${'(block '.repeat(1000)}${')'.repeat(1000)})`.repeat(50) },
    {
      name: '200 branch tables with 5000 targets',
      source: `(func ${`(block (br_table ${'0 '.repeat(5000)} (i32.const 0)))`.repeat(200)})`,
    },
  ];
  for (const { name, source } of cases) {
    test(name, async () => {
      const module = new Uint8Array(await parse(`(module ${source})`));
      expect(cpuMs(() => rewrite(module, { deadline: 'epoch', fuel: true }, planCode))).toBeLessThan(5000);
    });
  }
});
