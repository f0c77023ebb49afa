import { parse, print } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { supports } from '../../../test/support/attack-parts.js';
import { NO_METER, rewrite } from '../../../test/support/metered.js';
import { wasm } from '../web-assembly.js';
import { planCode } from './plan.js';

const assemble = async (source: string): Promise<Uint8Array> => new Uint8Array(await parse(source));
const SOURCE = `(module
  (type $t (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $f)
  (memory 1)
  (func $plain (result i32) (i32.const 1))
  (func $f (param i32) (result i32) (return_call $g (local.get 0)))
  (func $g (param i32) (result i32)
    (if (local.get 0) (then (return_call_indirect (type $t) (local.get 0) (i32.const 0))))
    (memory.fill (i32.const 0) (i32.const 1) (local.get 0))
    (return_call $f (i32.const 5))))`;

describe('a module with tail calls', () => {
  test('that nothing else stops calls a function that does nothing before each', async () => {
    const { bytes } = rewrite(await assemble(SOURCE), NO_METER, planCode);
    const text = (await print(bytes)).replace(/\s+/g, ' ');
    // Three functions of its own, the helper of the fill, and this one.
    expect(text).toContain('(func (;4;)');
    expect(text.match(/call 4 return_call/g)).toHaveLength(3);
    expect(text.match(/call 4/g)).toHaveLength(3);
    expect(text).toMatch(/\(func \(;4;\) \(type \d+\)( nop){8192} \)/);
    if (supports.tailCalls) expect(wasm.validate(bytes)).toBe(true);
  });

  test('does so too where its fuel is counted', async () => {
    const { bytes } = rewrite(await assemble(SOURCE), { deadline: 'none', fuel: true }, planCode);
    const text = (await print(bytes)).replace(/\s+/g, ' ');
    expect(text.match(/call 4 /g)).toHaveLength(3);
    if (supports.tailCalls) expect(wasm.validate(bytes)).toBe(true);
  });

  test('does not where its code looks at the time by itself', async () => {
    const { bytes } = rewrite(await assemble(SOURCE), { deadline: 'slices', fuel: false }, planCode);
    expect(await print(bytes)).not.toContain('nop');
  });
});
