/**
 * Three promises about modules that want to profit from being rewritten: they are validated as they came, what cannot be bounded is
 * refused, and what can is bounded.
 */
import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { listSection, moduleOf, sized } from '../../../test/support/core-module.js';
import { instantiate, METERS, reservedImports, rewrite } from '../../../test/support/metered.js';
import { textPlugin } from '../../../test/support/text-plugin.js';
import { compileComponent } from '../index.js';
import { readModuleFacts } from '../module-facts.js';
import { concat, section } from '../wasm-bytes.js';
import { wasm } from '../web-assembly.js';
import type { CodePlan } from './meter.js';

const nothing = (): CodePlan => ({ edits: () => [], helpers: [] });

/** A component that is sound but for this core module, which nobody even instantiates. */
async function withModule(module: string): Promise<Uint8Array> {
  return textPlugin({ more: module });
}

describe('what our additions would make valid is refused, because it was not valid as it came', () => {
  const needsMemory = [
    { name: 'the size of a second memory', fields: '(memory 1) (func (drop (memory.size 1)))' },
    { name: 'growing a second memory', fields: '(memory 1) (func (drop (memory.grow 1 (i32.const 1))))' },
    {
      name: 'filling a second memory',
      fields: '(memory 1) (func (memory.fill 1 (i32.const 0) (i32.const 1) (i32.const 2)))',
    },
    {
      name: 'copying into a second memory',
      fields: '(memory 1) (func (memory.copy 1 0 (i32.const 0) (i32.const 1) (i32.const 2)))',
    },
    {
      name: 'copying out of a second memory',
      fields: '(memory 1) (func (memory.copy 0 1 (i32.const 0) (i32.const 1) (i32.const 2)))',
    },
    {
      name: 'initialising a second memory',
      fields: '(memory 1) (data $d "x") (func (memory.init 1 $d (i32.const 0) (i32.const 0) (i32.const 1)))',
    },
    { name: 'data in a second memory', fields: '(memory 1) (data (memory 1) (i32.const 0) "\\01")' },
    { name: 'exporting a second memory', fields: '(memory 1) (export "m" (memory 1))' },
    { name: 'a load without a memory', fields: '(func (drop (i32.load (i32.const 0))))' },
    { name: 'a store without a memory', fields: '(func (i32.store (i32.const 0) (i32.const 1)))' },
    { name: 'the size of no memory', fields: '(func (drop (memory.size)))' },
    { name: 'data without a memory', fields: '(data (i32.const 0) "\\01")' },
    { name: 'exporting no memory', fields: '(export "m" (memory 0))' },
  ];
  const epochs = METERS.filter(({ deadline }) => deadline === 'epoch');
  test.each(needsMemory)('$name', async ({ fields }) => {
    const module = new Uint8Array(await parse(`(module ${fields})`));
    expect(wasm.validate(module)).toBe(false);
    for (const meter of epochs) {
      // Nothing else stands in the way.
      expect(wasm.validate(rewrite(module, meter, nothing).bytes)).toBe(true);
    }
    await expect(compileComponent(await withModule(`(core module ${fields})`))).rejects.toMatchObject({
      code: 'COMPONENT_MALFORMED',
    });
  });

  const needsIndex = [
    { name: 'writing a global that it does not have', fields: '(func (global.set 0 (i64.const 0)))' },
    { name: 'reading a global behind its own', fields: '(global i32 (i32.const 0)) (func (drop (global.get 1)))' },
    { name: 'exporting a global that it does not have', fields: '(export "fuel" (global 0))' },
    {
      name: 'exporting a global behind its imports',
      fields: '(import "a" "g" (global i32)) (export "fuel" (global 1))',
    },
    { name: 'calling a function behind its imports', fields: '(import "a" "f" (func)) (func (call 2))' },
    { name: 'exporting a function that it does not have', fields: '(export "tick" (func 0))' },
    { name: 'a type that it does not have', fields: '(func (block (type 1)))' },
  ];
  test.each(needsIndex)('$name', async ({ fields }) => {
    const module = new Uint8Array(await parse(`(module ${fields})`));
    expect(wasm.validate(module)).toBe(false);
    await expect(compileComponent(await withModule(`(core module ${fields})`))).rejects.toMatchObject({
      code: 'COMPONENT_MALFORMED',
    });
  });

  test('a module that changes while it is compiled is compiled as it was', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(100_000));
    const component = await textPlugin();
    shared.set(component);
    const compiling = compileComponent(shared.subarray(0, component.length));
    shared.fill(0xff);
    expect((await compiling).hooks).toHaveLength(1);
  });
});

describe('what cannot be bounded is refused, although it is valid', () => {
  const cases = [
    {
      name: 'an import of the epoch',
      module: '(core module (import "wasm-plugin:sandbox" "epoch" (memory 1)))',
      says: 'reserved',
    },
    {
      name: 'an import of the fuel',
      module: '(core module (import "wasm-plugin:sandbox" "fuel" (global (mut i64))))',
      says: 'reserved',
    },
    {
      name: 'an import of another name from there',
      module: '(core module (import "wasm-plugin:sandbox" "x" (func)))',
      says: 'reserved',
    },
    { name: 'two memories', module: '(core module (memory 1) (memory 1))', says: '2 memories' },
    {
      name: 'a memory besides an imported one',
      module: '(core module (import "a" "m" (memory 1)) (memory 1))',
      says: '2 memories',
    },
    { name: 'a shared memory', module: '(core module (memory 1 1 shared))', says: 'shared' },
    { name: 'a 64-bit memory', module: '(core module (memory i64 1))', says: '64-bit' },
    { name: 'a 64-bit table', module: '(core module (table i64 1 funcref))', says: '64-bit' },
  ];
  test.each(cases)('$name', async ({ module, says }) => {
    const failure = await compileComponent(await withModule(module)).catch((error: unknown) => error);
    // Older V8s do not take every one of these.
    expect(failure).toMatchObject({ code: expect.stringMatching(/^COMPONENT_(UNSUPPORTED|MALFORMED)$/) });
    if ((failure as { code: string }).code === 'COMPONENT_UNSUPPORTED') {
      expect((failure as Error).message).toContain(says);
    } else {
      expect(METERS.some(({ deadline }) => deadline === 'epoch') && !says.includes('64-bit')).toBe(false);
    }
  });
});

test('a memory operator that names its memory is refused, although it is its own', async () => {
  const module = (load: readonly number[]): Uint8Array =>
    moduleOf(
      listSection(1, [[0x60, 0, 0]]),
      listSection(3, [[0]]),
      listSection(5, [[0, 1]]),
      listSection(10, [sized([0, 0x41, 0, 0x28], load, [0x1a, 0x0b])]),
    );
  const compiling = async (load: readonly number[]): ReturnType<typeof compileComponent> =>
    compileComponent(concat([await textPlugin(), section(1, [module(load)])]));
  const plain = [2, 0];
  const named = [0x42, 0, 0];
  expect((await compiling(plain)).hooks).toHaveLength(1);
  // Without multi-memory V8 does not know the spelling either.
  const known = wasm.validate(module(named));
  await expect(compiling(named)).rejects.toMatchObject(
    known
      ? { code: 'COMPONENT_UNSUPPORTED', message: expect.stringContaining('names its memory') }
      : { code: 'COMPONENT_MALFORMED' },
  );
  expect(known).toBe(METERS.some(({ deadline }) => deadline === 'epoch'));
});

describe('what can be bounded is', () => {
  const GROW = `(module (memory 1) (table 2 funcref)
    (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))`;

  test.each(METERS)('a memory and a table grow to their maximum and no further: $name', async (meter) => {
    const module = new Uint8Array(await parse(GROW));
    const { bytes } = rewrite(module, meter, undefined, { tableMaxima: [5] });
    const { exports } = instantiate(bytes, reservedImports(readModuleFacts(module)));
    const grow = exports as unknown as Record<'memory' | 'table', (by: number) => number>;
    expect(grow.memory(10)).toBe(-1);
    expect(grow.memory(9)).toBe(1);
    expect(grow.memory(1)).toBe(-1);
    expect(grow.table(4)).toBe(-1);
    expect(grow.table(3)).toBe(2);
    expect(grow.table(1)).toBe(-1);
  });
});
