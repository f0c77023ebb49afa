/** What is done to code that its thread's end must end. That it does: test/contract/thread-deadline.test.ts. */
import { parse, print } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { supports } from '../../../test/support/attack-parts.js';
import { instantiate, METERS, NO_METER, reservedImports, rewrite } from '../../../test/support/metered.js';
import { readModuleFacts } from '../module-facts.js';
import { wasm } from '../web-assembly.js';
import { planCode } from './plan.js';

const assemble = async (source: string): Promise<Uint8Array> => new Uint8Array(await parse(source));

async function rewritten(source: string): Promise<string> {
  const { bytes } = rewrite(await assemble(source), NO_METER);
  expect(wasm.validate(bytes)).toBe(true);
  return (await print(bytes)).replace(/\s+/g, ' ');
}

describe('becomes a call', () => {
  const cases = [
    { operator: 'memory.fill', fields: '(memory 1)', arguments: '(i32.const 0) (i32.const 1) (i32.const 2)' },
    { operator: 'memory.copy', fields: '(memory 1)', arguments: '(i32.const 0) (i32.const 1) (i32.const 2)' },
    {
      operator: 'memory.init $long',
      fields: `(memory 9) (data $long "${'x'.repeat(200_000)}")`,
      arguments: '(i32.const 0) (i32.const 1) (i32.const 2)',
    },
    { operator: 'table.fill', fields: '(table 9 funcref)', arguments: '(i32.const 0) (ref.null func) (i32.const 2)' },
    { operator: 'table.copy', fields: '(table 9 funcref)', arguments: '(i32.const 0) (i32.const 1) (i32.const 2)' },
  ];
  for (const { operator, fields, arguments: operands } of cases) {
    test(operator, async () => {
      const text = await rewritten(`(module ${fields} (func (${operator} ${operands})) (func $after))`);
      expect(text).toMatch(/i32\.const 2 call \d+ \)/);
    });
  }
});

describe('stays as it is', () => {
  test('a bulk operation that ends soon because of its segment', async () => {
    const text = await rewritten(
      '(module (memory 1) (data $d "short") (func (memory.init $d (i32.const 0) (i32.const 1) (i32.const 2))))',
    );
    expect(text).not.toContain('call');
  });

  test('a module without bulk operations and long functions, to the byte', async () => {
    const module = await assemble('(module (func $f (loop (br 0))) (func (export "g") (call $f)))');
    expect(rewrite(module, NO_METER).bytes).toEqual(module);
  });
});

describe('begins with a loop that ends at once', () => {
  const LONG = '(drop (f64.sqrt (f64.const 1)))'.repeat(10);
  const POLL = 'loop ;; label = @1 end';
  const fuel = METERS.find(({ name }) => name === 'fuel')!;
  const cases = [
    { name: 'a long function', source: `(func ${LONG})`, polls: 1 },
    { name: 'a long one with a loop of its own', source: `(func (loop (drop (i32.const 1))) ${LONG})`, polls: 1 },
    { name: 'a long one with calls, which V8 may replace', source: `(func $f ${LONG} (call $f))`, polls: 1 },
    { name: 'no short one', source: '(func $f (drop (f64.sqrt (f64.const 1))) (call $f))', polls: 0 },
  ];
  const tailCalls = [
    { name: 'a tail call', source: '(func $f (return_call $f))', polls: 1 },
    {
      name: 'a tail call through a table',
      source: '(table 1 funcref) (func (return_call_indirect (i32.const 0)))',
      polls: 1,
    },
  ];
  for (const { name, source, polls } of supports.tailCalls ? [...cases, ...tailCalls] : cases) {
    test.each([NO_METER, fuel])(`${name} ($name)`, async (meter) => {
      const { bytes } = rewrite(await assemble(`(module ${source})`), meter, planCode);
      expect(wasm.validate(bytes)).toBe(true);
      expect((await print(bytes)).replace(/\s+/g, ' ').split(POLL).length - 1).toBe(polls);
    });
  }

  test('not where its code looks at the time by itself', async () => {
    const slices = METERS.find(({ name }) => name === 'slices')!;
    const { bytes } = rewrite(await assemble(`(module (func ${LONG}))`), slices, planCode);
    expect((await print(bytes)).replace(/\s+/g, ' ')).not.toContain(POLL);
  });
});

describe('does what it did', () => {
  const source = `(module (memory (export "memory") 10)
    (func (export "seed") (local $i i32)
      (loop $l
        (i32.store8 (local.get $i) (i32.mul (local.get $i) (i32.const 31)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 655360)))))
    (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2))))`;
  const cases = [
    { name: 'fill', arguments: [7, 9, 500_000] },
    { name: 'fill', arguments: [655_360, 9, 0] },
    { name: 'fill', arguments: [655_359, 9, 2] },
    { name: 'fill', arguments: [10, 9, -1] },
    { name: 'copy', arguments: [0, 100_001, 500_000] },
    { name: 'copy', arguments: [100_001, 0, 500_000] },
    { name: 'copy', arguments: [155_360, 0, 500_001] },
    { name: 'copy', arguments: [5, 5, 300_000] },
  ];

  async function run(module: Uint8Array, name: string, values: readonly number[]): Promise<Buffer> {
    const memory = reservedImports(readModuleFacts(await assemble(source)));
    const { exports } = instantiate(module, memory);
    const call = (func: string, ...of: readonly number[]) => (exports[func] as (...values: number[]) => void)(...of);
    call('seed');
    try {
      call(name, ...values);
    } catch (error) {
      expect(error).toBeInstanceOf(wasm.RuntimeError);
    }
    return Buffer.from((exports.memory as { buffer: ArrayBuffer }).buffer);
  }

  for (const { name, arguments: values } of cases) {
    test(`${name} ${values.join(' ')}`, async () => {
      const module = await assemble(source);
      const before = await run(module, name, values);
      expect(before.equals(await run(rewrite(module, NO_METER).bytes, name, values))).toBe(true);
    });
  }
});
