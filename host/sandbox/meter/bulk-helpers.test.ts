/** Bulk operations in chunks do what the operators do: every byte and entry, every trap, nothing written before one. */
import { parse } from '@bytecodealliance/jco';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { METERS, reservedImports, rewrite } from '../../../test/support/metered.js';
import { readModuleFacts } from '../module-facts.js';
import { type WasmImports, wasm } from '../web-assembly.js';
import { planCode } from './plan.js';

const PAGES = 6;
const DATA = 150_000;
const ENTRIES = 300;
const text = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
const pattern = Uint8Array.from({ length: DATA }, (_, i) => (i * 7919) >> 5);
const SOURCE = `(module (memory (export "memory") ${PAGES} ${PAGES}) (data $d "${text(pattern)}")
  (table $t (export "t") ${ENTRIES} ${ENTRIES} funcref) (table $u (export "u") 200 200 externref) (table $v (export "v") 200 200 externref)
  (elem $e func ${Array.from({ length: 150 }, (_, i) => `$f${i % 3}`).join(' ')}) (func $f0 (export "first")) (func $f1) (func $f2)
  (func (export "seed") (memory.init $d (i32.const 100) (i32.const 0) (i32.const ${DATA})))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") (data.drop $d) (elem.drop $e))
  (func (export "tableFill") (param i32 i32 i32) (table.fill $t (local.get 0) (table.get $t (i32.const 5)) (local.get 2)))
  (func (export "tableCopy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "otherCopy") (param i32 i32 i32) (table.copy $u $v (local.get 0) (local.get 1) (local.get 2)))
  (func (export "tableInit") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2))))`;

type Operation = (a: number, b: number, length: number) => void;
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly seed: () => void;
  readonly drop: () => void;
  readonly t: { get(index: number): unknown; readonly length: number };
  readonly u: { get(index: number): unknown; set(index: number, value: unknown): void };
  readonly v: { set(index: number, value: unknown): void };
  readonly [operation: string]: unknown;
}

const MEMORY = ['fill', 'copy', 'init'];
const TABLE = ['tableFill', 'tableCopy', 'tableInit', 'otherCopy'];
const lengths = (edges: readonly number[], most: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(...edges), fc.nat(most), fc.constantFrom(0xffffffff, 0x80000000));
const step = fc.oneof(
  fc.record({
    name: fc.constantFrom(...MEMORY),
    a: lengths([0, 1, 99, 65_536, PAGES * 65_536 - 70_000, PAGES * 65_536], PAGES * 65_536),
    b: lengths([0, 1, 100, 65_536, DATA - 70_000, DATA], PAGES * 65_536),
    length: lengths([0, 1, 1024, 1025, 65_536, 65_537, 131_072, 131_073], PAGES * 65_536),
  }),
  fc.record({
    name: fc.constantFrom(...TABLE),
    a: lengths([0, 1, ENTRIES - 64, ENTRIES], ENTRIES),
    b: lengths([0, 1, 149, 150], ENTRIES),
    length: lengths([0, 1, 2, 64, 65, 128, 129], ENTRIES),
  }),
  fc.record({ name: fc.constant('drop'), a: fc.constant(0), b: fc.constant(0), length: fc.constant(0) }),
);

/** What is left in memory and tables, as text that differs where they do. */
function state({ memory, t, u, first }: Exports): string {
  // A function's name is its index, which moves with what is imported.
  const indexOf = (found: unknown): number => Number((found as { readonly name: string }).name);
  const functions = Array.from({ length: t.length }, (_, i) => {
    const found = t.get(i);
    return found === null ? '-' : indexOf(found) - indexOf(first);
  });
  const others = Array.from({ length: 200 }, (_, i) => String(u.get(i) ?? '-'));
  return `${Buffer.from(memory.buffer).toString('latin1')} ${functions.join()} ${others.join()}`;
}

function start(bytes: Uint8Array, imports: WasmImports): Exports {
  const exports = new wasm.Instance(new wasm.Module(bytes), imports).exports as unknown as Exports;
  exports.seed();
  (exports.tableInit as Operation)(0, 0, 150);
  for (let i = 0; i < 200; i++) {
    exports.v.set(i, `v${i}`);
  }
  return exports;
}

describe('a bulk operation', async () => {
  const module = new Uint8Array(await parse(SOURCE));
  const facts = readModuleFacts(module);
  for (const meter of METERS) {
    const { bytes } = rewrite(module, meter, planCode);

    test(`does the same with ${meter.name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
          const plain = start(module, {});
          const metered = start(bytes, reservedImports(facts));
          for (const { name, a, b, length } of steps) {
            const [wanted, found] = [plain, metered].map((exports) => {
              try {
                (exports[name] as Operation)(a, b, length);
                return 'done';
              } catch (error) {
                return error instanceof wasm.RuntimeError ? error.message : error;
              }
            });
            expect(found).toBe(wanted);
          }
          expect(state(metered) === state(plain)).toBe(true);
        }),
        { numRuns: 60 },
      );
    });
  }

  test('that is stopped leaves chunks that were done, and no other', () => {
    const meter = { deadline: 'none', fuel: true } as const;
    const { bytes } = rewrite(module, meter, planCode);
    const reserved = reservedImports(facts);
    const exports = start(bytes, reserved);
    (reserved['wasm-plugin:sandbox']!.fuel as { value: bigint }).value = 4000n;
    expect(() => (exports.fill as Operation)(0, 0xff, PAGES * 65_536)).toThrow(wasm.RuntimeError);
    const memory = new Uint8Array(exports.memory.buffer);
    const written = memory.findIndex((byte, i) => i > DATA + 100 && byte === 0);
    expect(written % 65_536).toBe(0);
    expect(memory.subarray(0, written).every((byte) => byte === 0xff)).toBe(true);
  });
});

test('a module with more different bulk operations than anybody needs is refused', async () => {
  const tables = '(table 1 funcref)'.repeat(40);
  const copies = Array.from({ length: 40 * 40 }, (_, i) => {
    return `(table.copy ${i % 40} ${Math.floor(i / 40)} (i32.const 0) (i32.const 0) (i32.const 0))`;
  });
  const module = new Uint8Array(await parse(`(module ${tables} (func ${copies.join('')}))`));
  expect(() => rewrite(module, { deadline: 'none', fuel: true }, planCode)).toThrow(
    expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
  );
});
