/** What rewriting does to each part of a module, seen in its text and in what it computes. */
import { parse, print } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { customSection, listSection, moduleOf, sectionsOf, sized } from '../../../test/support/core-module.js';
import { METERS, NO_METER, rewrite } from '../../../test/support/metered.js';
import { PluginError } from '../../errors/index.js';
import { concat, leb, section } from '../wasm-bytes.js';
import { wasm } from '../web-assembly.js';
import type { CodePlan, Meter } from './meter.js';
import { SECTION } from './sections/ids.js';

async function assemble(source: string): Promise<Uint8Array> {
  const module = new Uint8Array(await parse(source));
  expect(wasm.validate(module)).toBe(true);
  return module;
}

/** The rewritten module as text. It is valid. */
async function rewritten(source: string, meter: Meter, tableMaxima?: readonly number[]): Promise<string> {
  const { bytes } = rewrite(await assemble(source), meter, undefined, tableMaxima && { tableMaxima });
  expect(wasm.validate(bytes)).toBe(true);
  return (await print(bytes)).replace(/\s+/g, ' ');
}

describe('the memory of a module', () => {
  const cases = [
    { name: 'with nothing else', source: '(module (memory 3))' },
    { name: 'with imports', source: '(module (import "a" "b" (func)) (import "c" "d" (global i32)) (memory 3 9))' },
    {
      name: 'with types and functions but no imports',
      source: '(module (func (export "f") (result i32) (i32.load (i32.const 0))) (memory 3))',
    },
    {
      name: 'with data and an exported memory',
      source: '(module (memory (export "memory") 3 3) (data (i32.const 8) "hi"))',
    },
    { name: 'with a start function', source: '(module (memory 3) (func $f) (start $f))' },
    { name: 'with exceptions', source: '(module (tag (param i32)) (memory 3))' },
  ];
  for (const { name, source } of cases) {
    test.each([NO_METER, ...METERS])(`${name} becomes an import ($name)`, async (meter) => {
      const text = await rewritten(source, meter);
      expect(text).toContain('(import "wasm-plugin:sandbox" "memory" (memory (;0;) 3))');
      expect(text).not.toContain('(memory (;0;) 3 ');
    });
  }

  test('stays an import where it is one', async () => {
    const source = '(module (import "env" "memory" (memory 1)))';
    expect(await rewritten(source, NO_METER)).not.toContain('sandbox');
  });
});

describe('tables', () => {
  test('are clamped, each to its own bound', async () => {
    const text = await rewritten('(module (table 1 funcref) (table 2 900 externref))', NO_METER, [10, 20]);
    expect(text).toContain('(table (;0;) 1 10 funcref)');
    expect(text).toContain('(table (;1;) 2 20 externref)');
  });

  test('cannot grow if nobody said how far', async () => {
    expect(await rewritten('(module (table 7 funcref))', NO_METER, [])).toContain('(table (;0;) 7 7 funcref)');
  });
});

describe('imports', () => {
  test('keep their order, and come before ours', async () => {
    const source = '(module (import "a" "b" (func)) (import "c" "d" (global i32)) (memory 3))';
    const text = await rewritten(source, NO_METER);
    expect(text.indexOf('"a" "b"')).toBeLessThan(text.indexOf('"c" "d"'));
    expect(text.indexOf('"c" "d"')).toBeLessThan(text.indexOf('wasm-plugin:sandbox'));
  });

  test('are counted beyond one byte of LEB128', async () => {
    const text = await rewritten(`(module ${'(import "a" "b" (func))'.repeat(127)} (memory 3))`, NO_METER);
    expect(text.match(/\(import /g)).toHaveLength(128);
  });

  const ours = {
    fuel: ['"memory" (memory (;0;) 1)', '"fuel" (global (;1;) (mut i64))'],
    slices: ['"memory" (memory (;0;) 1)', '"fuel" (global (;1;) (mut i64))', '"tick" (func (;1;) (type 1))'],
    epoch: ['"memory" (memory (;0;) 1)', '"epoch" (memory (;1;) 1 1 shared)'],
    'epoch and fuel': [
      '"memory" (memory (;0;) 1)',
      '"epoch" (memory (;1;) 1 1 shared)',
      '"fuel" (global (;1;) (mut i64))',
    ],
  };
  const shown = METERS.flatMap((meter) =>
    meter.name in ours ? [{ ...meter, want: ours[meter.name as keyof typeof ours] }] : [],
  );
  test.each(shown)('of ours are what the meter looks at: $name', async ({ want, ...meter }) => {
    const source = '(module (import "a" "f" (func)) (import "a" "g" (global i32)) (memory 1) (func (export "x")))';
    const text = await rewritten(source, meter);
    const imports = [
      ...text.matchAll(
        /\(import "wasm-plugin:sandbox" (.*?)\) (?=\(import|\(table|\(memory|\(global|\(export|\(func)/g,
      ),
    ];
    expect(imports.map(([, description]) => description)).toEqual(want);
  });

  test.each(METERS.filter(({ deadline }) => deadline === 'epoch'))(
    'have the epoch as memory 0 where the module has no memory: $name',
    async (meter) => {
      const text = await rewritten('(module (func (export "f")) (data "passive"))', meter);
      expect(text).toContain('"epoch" (memory (;0;) 1 1 shared)');
      expect(text).toContain('i32.atomic.load');
    },
  );
});

describe('what is missing in a module and needed by ours', () => {
  const helper: CodePlan = {
    edits: () => [],
    helpers: [
      { parameters: [0x7f], results: [], body: Uint8Array.of(0, 0x0b) },
      { parameters: [], results: [0x7e], body: Uint8Array.of(0, 0x42, 7, 0x0b) },
      { parameters: [0x7f], results: [], body: Uint8Array.of(0, 0x0b) },
    ],
  };
  const cases = [
    { name: 'nothing', source: '(module)' },
    { name: 'a memory alone', source: '(module (memory 1))' },
    { name: 'a table, a tag, an export', source: '(module (tag (export "t") (param i32)) (table 1 funcref))' },
    { name: 'data alone', source: '(module (memory 1) (data (i32.const 0) "x"))' },
    {
      name: 'a global and a passive segment',
      source: '(module (global i32 (i32.const 1)) (elem funcref (ref.null func)))',
    },
    { name: 'functions', source: '(module (func) (func (export "f") (param f64)))' },
  ];
  for (const { name, source } of cases) {
    test.each(METERS)(`comes into the right place: ${name} ($name)`, async (meter) => {
      const module = await assemble(source);
      const { bytes } = rewrite(module, meter, () => helper);
      expect(wasm.validate(bytes)).toBe(true);
      const text = (await print(bytes)).replace(/\s+/g, ' ');
      expect(text).toContain('i64.const 7');
      // Equal types are written once.
      expect(text.match(/\(type \(;\d+;\) \(func \(param i32\)\)\)/g)).toHaveLength(source.includes('tag') ? 2 : 1);
    });
  }
});

describe('code', () => {
  const LOOPS = `(module (memory 1) (func (export "f") (loop (br_if 0 (i32.const 0)))) (func (param i32)) (func (local i64)))`;

  test('is copied as it is where nothing is metered', async () => {
    const module = await assemble(LOOPS);
    const { bytes } = rewrite(module, NO_METER);
    const codeOf = (bytes: Uint8Array): Uint8Array => sectionsOf(bytes).find(({ id }) => id === SECTION.code)!.contents;
    expect(codeOf(bytes)).toEqual(codeOf(module));
  });

  test('is not even copied where nothing changes at all', async () => {
    const module = await assemble('(module (func (export "f")))');
    expect(rewrite(module, NO_METER).bytes).toBe(module);
  });

  test('takes several edits at one place in their order, at its start and at its end', async () => {
    const module = await assemble('(module (func (export "f") (result i32) (i32.const 1)))');
    const constant = (value: number): Uint8Array => Uint8Array.of(0x41, value, 0x1a);
    const { bytes } = rewrite(module, METERS[0]!, (_module, { bodies }) => {
      const [start, end] = [bodies.code[0]!, bodies.ends[0]! - 1];
      return {
        helpers: [],
        edits: () => [
          { at: start, remove: 0, insert: constant(10) },
          { at: start, remove: 2, insert: Uint8Array.of(0x41, 42) },
          { at: end, remove: 0, insert: constant(11) },
          { at: end, remove: 0, insert: constant(12) },
        ],
      };
    });
    const text = (await print(bytes)).replace(/\s+/g, ' ');
    expect(text).toContain('i32.const 10 drop i32.const 42 i32.const 11 drop i32.const 12 drop )');
  });

  test('gets no edits that overlap', async () => {
    const module = await assemble('(module (func (export "f") nop nop))');
    const overlapping = (at: number): CodePlan => ({
      helpers: [],
      edits: () => [
        { at, remove: 2, insert: new Uint8Array() },
        { at: at + 1, remove: 0, insert: new Uint8Array() },
      ],
    });
    for (const meter of METERS) {
      expect(() => rewrite(module, meter, (_module, { bodies }) => overlapping(bodies.code[0]!))).toThrow(
        expect.objectContaining({ code: 'HOST_BUG' }),
      );
    }
  });

  test('that is too large for V8 with its checks is refused', async () => {
    const module = await assemble('(module (func (export "f")))');
    const insert = new Uint8Array(7_654_321 - 2).fill(0x01);
    const with_ = (more: number) => (): ReturnType<typeof rewrite> =>
      rewrite(module, METERS[0]!, (_module, { bodies }) => ({
        helpers: [],
        edits: () => [{ at: bodies.code[0]!, remove: 0, insert: concat([insert, new Uint8Array(more).fill(1)]) }],
      }));
    expect(wasm.validate(with_(0)().bytes)).toBe(true);
    expect(with_(1)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });

  test('of a function over the limit is refused before it is planned', async () => {
    const module = await assemble(LOOPS);
    const planner = (): CodePlan => {
      throw new Error('asked');
    };
    expect(() => rewrite(module, METERS[0]!, planner, { functionBytes: 3 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });
});

describe('modules that are as full as V8 takes them', () => {
  const FUNCTION_TYPE = [0x60, 0, 0];
  test.each([
    { name: '100,000 imports', imports: 99_999, types: 1, more: 'imports' },
    { name: 'a million types', imports: 0, types: 999_999, more: 'types' },
  ])('are taken up to $name with ours, and refused beyond', ({ imports, types, more }) => {
    const build = (extra: number): Uint8Array =>
      moduleOf(
        section(1, [
          leb(types + (more === 'types' ? extra : 0)),
          repeated(FUNCTION_TYPE, types + (more === 'types' ? extra : 0)),
        ]),
        section(2, [
          leb(imports + (more === 'imports' ? extra : 0)),
          repeated([0, 0, 0, 0], imports + (more === 'imports' ? extra : 0)),
        ]),
      );
    const meter = more === 'imports' ? METERS[0]! : METERS[1]!;
    expect(wasm.validate(build(1))).toBe(true);
    expect(wasm.validate(rewrite(build(0), meter).bytes)).toBe(true);
    expect(() => rewrite(build(1), meter)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED', message: expect.stringContaining(more) }),
    );
  });
});

function repeated(bytes: readonly number[], times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length);
  return all;
}

describe('custom sections', () => {
  const DWARF = Uint8Array.from({ length: 300 }, (_, i) => i * 7);
  const HINTS = [1, 0, 1, 2, 1, 0];
  const build = (): Uint8Array =>
    moduleOf(
      customSection('before', [1]),
      listSection(1, [[0x60, 0, 0]]),
      customSection('between', [2]),
      listSection(3, [[0]]),
      listSection(5, [[0, 1]]),
      listSection(7, [concat([sized([0x66]), [0, 0]])]),
      customSection('metadata.code.branch_hint', HINTS),
      listSection(10, [sized([0, 0x41, 0, 0x04, 0x40, 0x0b, 0x0b])]),
      customSection('.debug_line', DWARF),
      customSection('sourceMappingURL', sized([0x61])),
      customSection('producers', [0]),
    );
  const customOf = (module: Uint8Array): string[] =>
    sectionsOf(module).flatMap(({ id, contents }) => (id === 0 ? [Buffer.from(contents).toString('latin1')] : []));

  test.each([NO_METER, ...METERS])('stay as they are, but for offsets of code that V8 would read ($name)', (meter) => {
    const module = build();
    expect(wasm.validate(module)).toBe(true);
    const { bytes } = rewrite(module, meter);
    expect(wasm.validate(bytes)).toBe(true);
    const kept = customOf(module).filter((text) => meter === NO_METER || !text.includes('branch_hint'));
    expect(customOf(bytes)).toEqual(kept);
    expect(kept).toHaveLength(meter === NO_METER ? 6 : 5);
  });
});

test('a PluginError is all that a module can make of it', () => {
  expect(() => rewrite(moduleOf(Uint8Array.of(10, 2, 1, 9)), METERS[0]!)).toThrow(PluginError);
});
