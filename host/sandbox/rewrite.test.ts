import { parse, print } from '@bytecodealliance/jco';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import { readModuleFacts } from './module-facts.js';
import { boundMemoryAndTables } from './rewrite.js';
import { wasm } from './web-assembly.js';

async function rewritten(source: string, tableMaxima: readonly number[] = []): Promise<string> {
  const module = new Uint8Array(await parse(source));
  const bytes = boundMemoryAndTables(module, readModuleFacts(module), { tableMaxima });
  expect(wasm.validate(bytes)).toBe(true);
  return (await print(bytes)).replace(/\s+/g, ' ');
}

const IMPORTED = '(import "wasm-plugin:sandbox" "memory" (memory (;0;) 3))';

describe('boundMemoryAndTables()', () => {
  const cases = [
    { name: 'a module with nothing else', source: '(module (memory 3))' },
    {
      name: 'a module with imports',
      source: '(module (import "a" "b" (func)) (import "c" "d" (global i32)) (memory 3 9))',
    },
    {
      name: 'a module with types and functions but no imports',
      source: '(module (func (export "f") (result i32) (i32.load (i32.const 0))) (memory 3))',
    },
    {
      name: 'a module with data and an exported memory',
      source: '(module (memory (export "memory") 3 3) (data (i32.const 8) "hi"))',
    },
    { name: 'a module with a start function', source: '(module (memory 3) (func $f) (start $f))' },
    { name: 'a module with exceptions', source: '(module (tag (param i32)) (memory 3))' },
  ];
  for (const { name, source } of cases) {
    test(`imports the memory of ${name}`, async () => {
      const text = await rewritten(source);
      expect(text).toContain(IMPORTED);
      expect(text).not.toContain('(memory (;0;) 3 ');
    });
  }

  test('keeps the order and number of other imports', async () => {
    const text = await rewritten('(module (import "a" "b" (func)) (import "c" "d" (global i32)) (memory 3))');
    expect(text.indexOf('"a" "b"')).toBeLessThan(text.indexOf('"c" "d"'));
    expect(text.indexOf('"c" "d"')).toBeLessThan(text.indexOf('wasm-plugin:sandbox'));
  });

  test('counts imports beyond one byte of LEB128', async () => {
    const imports = '(import "a" "b" (func))'.repeat(127);
    const text = await rewritten(`(module ${imports} (memory 3))`);
    expect(text.match(/\(import /g)).toHaveLength(128);
  });

  test('leaves an imported memory alone', async () => {
    expect(await rewritten('(module (import "env" "memory" (memory 1)))')).not.toContain('sandbox');
  });

  test('clamps each table', async () => {
    const text = await rewritten('(module (table 1 funcref) (table 2 900 externref))', [10, 20]);
    expect(text).toContain('(table (;0;) 1 10 funcref)');
    expect(text).toContain('(table (;1;) 2 20 externref)');
  });

  test('gives back a module without memory and tables as it is', async () => {
    const module = new Uint8Array(await parse('(module (func (export "f")))'));
    expect(boundMemoryAndTables(module, readModuleFacts(module), { tableMaxima: [] })).toBe(module);
  });

  test('makes valid modules of all valid mutations that it accepts', async () => {
    const source = `(module (import "a" "b" (func (param i32))) (table 1 2 funcref) (memory 1 2) (tag (param i32))
      (global (mut i32) (i32.const 1)) (export "m" (memory 0)) (elem (i32.const 0) func 0) (func (drop (memory.grow (i32.const 1))))
      (data (i32.const 0) "x"))`;
    const original = new Uint8Array(await parse(source));
    const edit = fc.record({ at: fc.integer({ min: 8, max: original.byteLength - 1 }), byte: fc.nat(255) });
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const module = original.slice();
        for (const { at, byte } of edits) {
          module[at] = byte;
        }
        if (!wasm.validate(module)) {
          return;
        }
        try {
          const facts = readModuleFacts(module);
          const tableMaxima = facts.tables.map(({ minimum }) => minimum + 1);
          expect(wasm.validate(boundMemoryAndTables(module, facts, { tableMaxima }))).toBe(true);
          accepted++;
        } catch (error) {
          if (!(error instanceof PluginError)) {
            throw error;
          }
        }
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(10);
  });
});
