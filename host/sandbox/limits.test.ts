import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import {
  ECHO,
  quietOptions,
  SCORE,
  startTextPlugin,
  textPlugin,
  textPluginSource,
} from '../../test/support/text-plugin.js';
import { rejected } from '../../test/support/thrown.js';
import { compileComponent, DEFAULT_SANDBOX_LIMITS } from './index.js';

const PAGE = 65_536;
const NOTHING = new Uint8Array();

/** A hook that answers with one number, little-endian, which `compute` leaves on the stack. */
const answer = (compute: string): string =>
  `(i32.store (i32.const 512) ${compute}) (call $answer (i32.const 0) (i32.const 512) (i32.const 4))`;

async function number(plugin: Parameters<typeof textPlugin>[0], limits = {}): Promise<number> {
  const instance = await startTextPlugin(plugin, {}, limits);
  return Buffer.from(instance.call(SCORE, NOTHING).payload).readInt32LE();
}

describe('memory', () => {
  const cases = [
    { name: 'may grow up to the limit', pages: 3, want: 1 },
    { name: 'does not grow one page above it', pages: 4, want: -1 },
    {
      name: 'does not grow to its own, larger maximum',
      pages: 100,
      want: -1,
      memory: '(memory (export "memory") 1 200)',
    },
    {
      name: 'does not grow above its own, smaller maximum',
      pages: 2,
      want: -1,
      memory: '(memory (export "memory") 1 2)',
    },
  ];
  for (const { name, pages, want, memory } of cases) {
    test(name, async () => {
      const plugin = {
        handle: answer(`(memory.grow (i32.const ${pages}))`),
        ...(memory === undefined ? {} : { memory }),
      };
      expect(await number(plugin, { memoryBytes: 4 * PAGE })).toBe(want);
    });
  }

  test('that starts at the limit is accepted, one page above it refused before anything runs', async () => {
    const plugin = { memory: '(memory (export "memory") 4)' };
    await startTextPlugin(plugin, {}, { memoryBytes: 4 * PAGE });
    const error = await rejected(compileComponent(await textPlugin(plugin), { memoryBytes: 4 * PAGE - 1 }));
    expect(error.code).toBe('LIMIT_EXCEEDED');
    expect(error.message).toContain('262144');
  });

  test('of one instance can be limited further than that of the component', async () => {
    const instance = await startTextPlugin(
      { handle: answer('(memory.grow (i32.const 2))') },
      { limits: { memoryBytes: 2 * PAGE } },
    );
    expect(Buffer.from(instance.call(SCORE, NOTHING).payload).readInt32LE()).toBe(-1);
  });

  test('of two modules stays below the limit together', async () => {
    // The second module's memory is its own; both grow one page at a time until they are refused.
    const second = `
      (core module $second (memory 1) (func (export "grow") (result i32) (local $n i32)
        (loop $again
          (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then
            (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $again))))
        (memory.size)))
      (core instance $second (instantiate $second))`;
    const source = textPluginSource({
      imports: '(import "second" "grow" (func $grow (result i32)))',
      handle: answer(`(block (result i32)
        (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (i32.add (call $grow) (memory.size)))`),
    });
    const component = await parse(
      source
        .replace('(core module $main', `${second} (core module $main`)
        .replace('(with "host"', '(with "second" (instance $second)) (with "host"'),
    );
    const compiled = await compileComponent(component, { memoryBytes: 20 * PAGE });
    const { payload } = compiled.instantiate(quietOptions()).call(SCORE, NOTHING);
    expect(Buffer.from(payload).readInt32LE()).toBe(20);
  });

  test('count is limited, for each reserves address space', async () => {
    const more = Array.from(
      { length: 4 },
      (_, i) => `(core module $m${i} (memory 0)) (core instance (instantiate $m${i}))`,
    );
    const component = await textPlugin({ more: more.join(' ') });
    await compileComponent(component, { memories: 5 });
    expect((await rejected(compileComponent(component, { memories: 4 }))).code).toBe('LIMIT_EXCEEDED');
  });
});

describe('tables', () => {
  const grow = (table: string, by: number) => ({
    main: `(table $t ${table} funcref)`,
    handle: answer(`(table.grow $t (ref.null func) (i32.const ${by}))`),
  });
  const cases = [
    { name: 'may grow up to the limit', plugin: grow('1', 9), want: 1 },
    { name: 'do not grow one entry above it', plugin: grow('1', 10), want: -1 },
    { name: 'keep a smaller maximum of their own', plugin: grow('1 5', 5), want: -1 },
    { name: 'lose a larger one', plugin: grow('1 100', 50), want: -1 },
  ];
  for (const { name, plugin, want } of cases) {
    test(name, async () => {
      expect(await number(plugin, { tableEntries: 10 })).toBe(want);
    });
  }

  test('that start above the limit are refused', async () => {
    const component = await textPlugin({ main: '(table 11 funcref)' });
    expect((await rejected(compileComponent(component, { tableEntries: 10 }))).code).toBe('LIMIT_EXCEEDED');
  });
});

describe('definitions of core modules', () => {
  const instances = (module: string, count: number): Promise<Uint8Array> =>
    parse(`(component (core module ${module}) ${'(core instance (instantiate 0))'.repeat(count)})`);
  // Each module: one function, or one of what an instance has besides; two instances of it.
  const cases = [
    { name: 'functions', module: '(func) (func)', each: 2 },
    { name: 'exports', module: '(func $f) (export "a" (func $f)) (export "b" (func $f))', each: 3 },
    { name: 'globals', module: '(global i32 (i32.const 0)) (global (mut i64) (i64.const 0))', each: 2 },
    { name: 'tables', module: '(table 0 funcref) (table 0 funcref)', each: 2 },
    { name: 'tags', module: '(tag) (tag)', each: 2 },
  ];
  for (const { name, module, each } of cases) {
    test(`count ${name}, once for each instance`, async () => {
      const component = await instances(module, 2);
      await compileComponent(component, { definitions: 2 * each });
      const error = await rejected(compileComponent(component, { definitions: 2 * each - 1 }));
      expect(error.code).toBe('LIMIT_EXCEEDED');
      expect(error.message).toContain(`${2 * each - 1}`);
    });
  }

  test('count the entries of element segments, by their bytes', async () => {
    const component = await instances(`(func $f) (elem func ${'$f '.repeat(100)})`, 1);
    expect((await rejected(compileComponent(component, { definitions: 100 }))).code).toBe('LIMIT_EXCEEDED');
    await compileComponent(component, { definitions: 110 });
  });

  test('of modules that nothing instantiates count too, for they are compiled', async () => {
    const component = await instances('(func) (func)', 0);
    expect((await rejected(compileComponent(component, { definitions: 1 }))).code).toBe('LIMIT_EXCEEDED');
  });

  test('are counted before a small file with many instances of many tables can fill the memory', async () => {
    const component = await instances('(table 0 funcref) '.repeat(20_000), 500);
    const error = await rejected(compileComponent(component));
    expect(error.message).toContain('definitions');
  });
});

test('a component above its size limit is refused', async () => {
  const component = await textPlugin();
  const limits = { ...DEFAULT_SANDBOX_LIMITS.component, componentBytes: component.byteLength - 1 };
  expect((await rejected(compileComponent(component, { component: limits }))).code).toBe('LIMIT_EXCEEDED');
});

test('a core module above its size limit is refused', async () => {
  expect((await rejected(compileComponent(await textPlugin(), { moduleBytes: 100 }))).code).toBe('LIMIT_EXCEEDED');
});

test('bytes that the caller changes while they are compiled are the ones that were checked', async () => {
  const component = new Uint8Array(await textPlugin({ handle: ECHO }));
  const compiling = compileComponent(component);
  component.fill(0);
  expect((await compiling).hooks).toEqual([SCORE]);
});

test('host functions are counted, for each is an import of the generated guard', async () => {
  const exports = Array.from({ length: 40 }, (_, i) => `(export "${i}" (func $f${i}))`).join('');
  const lowered = Array.from(
    { length: 40 },
    (_, i) => `(core func $f${i} (canon lower (func $host "call") (memory $memory) (realloc $realloc)))`,
  );
  const component = await textPlugin({ more: `${lowered.join('')} (core instance ${exports})` });
  await compileComponent(component, { hostFunctions: 41 });
  expect((await rejected(compileComponent(component, { hostFunctions: 40 }))).code).toBe('LIMIT_EXCEEDED');
});
