import { parse } from '@bytecodealliance/jco';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../../test/support/cpu-time.js';
import { DEFAULT_COMPONENT_LIMITS, decodeComponent } from '../../component/index.js';
import { formatSourceMap, MappingsWriter, toDataUrl } from '../../source-map/index.js';
import { IDENTITY, OffsetMap } from '../meter/offset-map.js';
import { readModuleFacts } from '../module-facts.js';
import { concat, leb, section, text } from '../wasm-bytes.js';
import { wasm } from '../web-assembly.js';
import {
  describeCaller,
  describeFrames,
  explainTrap,
  type Frame,
  frameDetails,
  isOutOfMemory,
  type ModulePositions,
  moduleName,
  modulePositions,
} from './index.js';
import { readStoppingPoints } from './stopping-points.js';

const NAME = moduleName('5d41402a', 3);

/** Four functions; the exports are called `inner`, `outer`, `deep` and `divide`. */
const SOURCE = `
  (func (export "inner") unreachable)
  (func (export "outer") (call 0))
  (func (export "deep") (call 2))
  (func (export "divide") (drop (i32.div_s (i32.const 1) (i32.const 0))))`;

async function coreModule(source = SOURCE): Promise<Uint8Array> {
  const [module] = decodeComponent(
    await parse(`(component (core module ${source}))`),
    DEFAULT_COMPONENT_LIMITS,
  ).modules;
  return module!;
}

const custom = (name: string, parts: readonly Uint8Array[]): Uint8Array => section(0, [text(name), ...parts]);

/** A name section with the module's name and those of functions. */
function names(module: string, functions: Readonly<Record<number, string>>): Uint8Array {
  const entries = Object.entries(functions).map(([index, name]) => concat([leb(Number(index)), text(name)]));
  return custom('name', [section(0, [text(module)]), section(1, [leb(entries.length), ...entries])]);
}

/** A map on which the operators of function i are on line 10 * i, and the first of them in column 1. */
function sourceMap(module: Uint8Array, file = 'src/main.ts'): Uint8Array {
  const writer = new MappingsWriter();
  [...readStoppingPoints(module)].forEach(({ start, operators }, i) => {
    for (const [column, offset] of [start, ...operators].entries()) {
      writer.add(offset, { source: 0, line: 10 * i, column });
    }
  });
  return custom('sourceMappingURL', [text(toDataUrl(formatSourceMap({ sources: [file], mappings: writer.text })))]);
}

function positionsOf(module: Uint8Array, origins = IDENTITY, name = NAME): ModulePositions {
  return modulePositions(name, module, readModuleFacts(module), origins);
}

/** What calling an export throws. */
function trap(module: Uint8Array, name: string): unknown {
  const run = new wasm.Instance(new wasm.Module(module), {}).exports[name] as () => void;
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('It did not trap');
}

const explained = (module: Uint8Array, name: string, positions = positionsOf(module)): readonly Frame[] =>
  explainTrap(trap(module, name), [positions]);

describe('explainTrap()', () => {
  test('gives module and offsets where nothing else is known', async () => {
    const module = concat([await coreModule(), names(NAME, {})]);
    const [inner, outer] = [...readStoppingPoints(module)];
    const codeStart = inner!.start - 2;
    expect(explained(module, 'outer')).toEqual(
      [inner!, outer!].map(({ operators: [offset] }) => ({
        module: 0,
        function: undefined,
        source: undefined,
        offset,
        codeOffset: offset! - codeStart,
      })),
    );
  });

  test('gives functions their names, and lines where there is a map', async () => {
    const core = await coreModule();
    const module = concat([core, names(NAME, { 0: 'decode', 1: 'handle' }), sourceMap(core)]);
    expect(explained(module, 'outer')).toMatchObject([
      { function: 'decode', source: 'src/main.ts:1:2' },
      { function: 'handle', source: 'src/main.ts:11:2' },
    ]);
    expect(explained(module, 'divide')).toMatchObject([{ function: undefined, source: 'src/main.ts:31:2' }]);
  });

  const inlined = [
    { name: 'assembly/index/command', within: 'assembly/index/command' },
    { name: '~lib/map/Map<~lib/string/String,i32>#get', within: undefined },
    { name: '~lib/array/Array<~lib/string/String>#__get', within: undefined },
    { name: 'wasm-plugin-glue/hook0', within: undefined },
    { name: 'plain', within: undefined },
  ];
  for (const { name, within } of inlined) {
    test(`code of the library in ${name} is ${within === undefined ? 'in no function' : 'in a function'} of the author`, async () => {
      const core = await coreModule();
      const module = concat([core, names(NAME, { 0: name }), sourceMap(core, '~lib/array.ts')]);
      expect(explained(module, 'inner')[0]).toMatchObject({ source: '~lib/array.ts:1:2' });
      expect(explained(module, 'inner')[0]!.within).toBe(within);
    });
  }

  test('knows a recursion that used up the stack, although its last frame had not begun', async () => {
    const core = await coreModule();
    const module = concat([core, names(NAME, { 2: 'deep' }), sourceMap(core)]);
    const frames = explained(module, 'deep');
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.length).toBeLessThanOrEqual(10);
    expect(new Set(frames.map(({ function: name }) => name))).toEqual(new Set(['deep']));
    expect(describeFrames(frames)).toMatch(
      /^ in deep \(src\/main\.ts:21:[12]\)(, called from deep \(src\/main\.ts:21:2\))?$/,
    );
  });

  test('takes offsets back to where the author has them', async () => {
    const module = concat([await coreModule(), names(NAME, {})]);
    const offset = explained(module, 'inner')[0]!.offset;
    const moved = new OffsetMap(Int32Array.of(offset - 3), Int32Array.of(7));
    expect(explained(module, 'inner', positionsOf(module, moved))).toMatchObject([{ offset: 10 }]);
    const added = new OffsetMap(Int32Array.of(offset - 1), Int32Array.of(-1));
    expect(explained(module, 'inner', positionsOf(module, added))).toEqual([]);
  });

  test('works on what a thread was sent', async () => {
    const core = await coreModule();
    const module = concat([core, names(NAME, { 0: 'decode' }), sourceMap(core)]);
    const sent = structuredClone(positionsOf(module));
    expect(explained(module, 'inner', sent)).toEqual(explained(module, 'inner'));
  });

  test('leaves out modules of another component on the same stack', async () => {
    const core = await coreModule('(import "" "f" (func)) (func (export "outer") (call 0))');
    const outer = concat([core, names(moduleName('abcdef01', 3), {})]);
    const inner = concat([await coreModule(), names(NAME, {})]);
    const { inner: call } = new wasm.Instance(new wasm.Module(inner), {}).exports;
    const both = new wasm.Instance(new wasm.Module(outer), { '': { f: call } });
    let error: unknown;
    try {
      (both.exports.outer as () => void)();
    } catch (thrown) {
      error = thrown;
    }
    expect((error as Error).stack?.match(/wasm:/g)).toHaveLength(2);
    expect(explainTrap(error, [positionsOf(inner)])).toHaveLength(1);
  });

  test('reads stacks that a tool formatted from lines and columns', async () => {
    const module = concat([await coreModule(), names(NAME, { 0: 'decode' })]);
    const error = trap(module, 'inner') as Error;
    const frames = explainTrap(error, [positionsOf(module)]);
    error.stack = error.stack!.replace(
      /wasm-function\[0\]:0x([0-9a-f]+)/,
      (_, at) => `1:${Number.parseInt(at, 16) + 1}`,
    );
    expect(error.stack).not.toContain('wasm-function');
    expect(explainTrap(error, [positionsOf(module)])).toEqual(frames);
  });

  const nothing = [
    { name: 'something that is no error', error: 'text' },
    { name: 'an error of JavaScript', error: new Error('x') },
    { name: 'an error without a stack', error: Object.assign(new Error('x'), { stack: undefined }) },
    {
      name: 'an error whose stack fails',
      error: Object.defineProperty(new Error('x'), 'stack', {
        get: () => {
          throw new Error('no stack');
        },
      }),
    },
  ];
  for (const { name, error } of nothing) {
    test(`has no frames for ${name}`, async () => {
      expect(explainTrap(error, [positionsOf(await coreModule())])).toEqual([]);
    });
  }
});

describe('names of functions', () => {
  const cases = [
    { name: 'lose the file that the position says', function: 'src/main/decode', want: 'decode' },
    { name: 'may be methods', function: 'src/main/Reader#next', want: 'Reader#next' },
    { name: 'of another file are left out: the code was inlined', function: 'src/glue/hook0', want: undefined },
    { name: 'without a file stay', function: 'decode', want: 'decode' },
    {
      name: 'may have parentheses and blanks',
      function: 'at(int, char*) [clone .1]',
      want: 'at(int, char*) [clone .1]',
    },
    { name: 'are cut', function: 'n'.repeat(5000), want: `${'n'.repeat(100)}…` },
    { name: 'are escaped', function: '\u001b[31mred\u202e', want: '\\u{1b}[31mred\\u{202e}' },
  ];
  for (const { name, function: given, want } of cases) {
    test(name, async () => {
      const core = await coreModule();
      const module = concat([core, names(NAME, { 0: given }), sourceMap(core)]);
      expect(explained(module, 'inner')).toMatchObject([{ function: want, source: 'src/main.ts:1:2' }]);
    });
  }

  test('cannot forge another place on their line', async () => {
    const forged = `f (wasm://wasm/${NAME}-12345678:wasm-function[0]:0x1)`;
    const module = concat([await coreModule(), names(NAME, { 0: forged })]);
    const [frame] = explained(module, 'inner');
    expect(frame).toMatchObject({ function: forged, offset: [...readStoppingPoints(module)][0]!.operators[0] });
  });
});

describe('a source map that is no help', () => {
  const url = (text: string): Uint8Array => new TextEncoder().encode(text);
  const cases = [
    { name: 'that lies elsewhere', body: [leb(19), url('./main.wasm.map.bin')] },
    { name: 'that is cut off', body: [leb(100), url('data:application/json,{}')] },
    { name: 'without a length', body: [] },
    { name: 'that is larger than 1 MiB', body: [text(`data:application/json,${' '.repeat(1024 * 1024)}{}`)] },
    { name: 'that is not UTF-8', body: [leb(3), Uint8Array.of(0xff, 0xfe, 0xfd)] },
    {
      name: 'with a hostile file name',
      body: [text('data:application/json,{"version":3,"sources":[{}],"mappings":"AAAA"}')],
    },
  ];
  for (const { name, body } of cases) {
    test(`${name} leaves names and offsets`, async () => {
      const module = concat([
        await coreModule(),
        names(NAME, { 0: 'decode' }),
        custom(
          'sourceMappingURL',
          body.map((part) => concat([part])),
        ),
      ]);
      expect(explained(module, 'inner')).toMatchObject([{ function: 'decode', source: undefined }]);
    });
  }

  test('does not hide one that is', async () => {
    const core = await coreModule();
    const module = concat([core, names(NAME, {}), custom('sourceMappingURL', []), sourceMap(core)]);
    expect(explained(module, 'inner')).toMatchObject([{ source: 'src/main.ts:1:2' }]);
  });

  test('of any bytes gives frames all the same', async () => {
    const core = await coreModule();
    const error = trap(concat([core, names(NAME, { 0: 'decode' })]), 'inner');
    const anyMap = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .record({
          version: fc.constant(3),
          sources: fc.array(fc.string()),
          mappings: fc.string({ unit: fc.constantFrom(...'AgEh,;/+') }),
        })
        .map((map) => text(`data:application/json,${encodeURIComponent(JSON.stringify(map))}`)),
    );
    fc.assert(
      fc.property(anyMap, (body) => {
        const module = concat([core, custom('sourceMappingURL', [body])]);
        const frames = explainTrap(error, [positionsOf(module)]);
        expect(frames).toMatchObject([{ function: 'decode', module: 0 }]);
        expect(describeFrames(frames).length).toBeLessThan(500);
      }),
    );
  });

  test('of the largest size is searched in a moment', async () => {
    const core = await coreModule();
    const error = trap(concat([core, names(NAME, {})]), 'deep');
    for (const unit of ['AAAA,', 'A,', 'gggggA,', ';']) {
      const mappings = unit.repeat((1000 * 1024) / unit.length);
      const map = toDataUrl(formatSourceMap({ sources: ['a.ts'], mappings }));
      const module = concat([core, custom('sourceMappingURL', [text(map)])]);
      const positions = positionsOf(module);
      expect(positions.sourceMap?.length).toBe(map.length);
      expect(cpuMs(() => expect(explainTrap(error, [positions]).length).toBeGreaterThan(0))).toBeLessThan(2000);
    }
  });
});

test('any text of a stack gives frames of known modules or none', async () => {
  const positions = positionsOf(await coreModule());
  const piece = fc.constantFrom(
    '\n    at ',
    ' (',
    'wasm://wasm/',
    NAME,
    '-12345678',
    ':wasm-function[',
    '1',
    ']:0x',
    'f',
    ')',
    '.',
    'x',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const error = Object.assign(new Error('x'), { stack: pieces.join('') });
      for (const frame of explainTrap(error, [positions])) {
        expect(frame.module).toBe(0);
        expect(frame.offset).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

describe('in words', () => {
  const frame = (at: number, more: Partial<Frame> = {}): Frame => ({
    module: 1,
    function: undefined,
    source: undefined,
    offset: 0x1000 + at,
    codeOffset: at,
    ...more,
  });
  const decode = frame(0x2f, { function: 'decode', source: 'assembly/index.ts:12:7' });
  const handle = frame(0x10, { function: 'handle' });

  const cases = [
    { name: 'nothing', frames: [], message: '', details: {} },
    {
      name: 'an offset',
      frames: [frame(0x2f)],
      message: ' in core module 1, byte 0x102f',
      details: { position: 'core module 1, byte 0x102f', frames: 'core module 1, byte 0x102f', codeOffset: 0x2f },
    },
    {
      name: 'a caller',
      frames: [decode, handle],
      message: ' in decode (assembly/index.ts:12:7), called from handle (core module 1, byte 0x1010)',
      details: {
        position: 'assembly/index.ts:12:7',
        frames: 'decode (assembly/index.ts:12:7), handle (core module 1, byte 0x1010)',
        codeOffset: 0x2f,
      },
    },
    {
      name: 'an assertion of a library',
      frames: [frame(1, { function: 'abort', source: '~lib/sdk/abort.ts:3:1' }), decode],
      message: ' in abort (~lib/sdk/abort.ts:3:1), called from decode (assembly/index.ts:12:7)',
      details: {
        position: 'assembly/index.ts:12:7',
        frames: 'abort (~lib/sdk/abort.ts:3:1), decode (assembly/index.ts:12:7)',
        codeOffset: 0x2f,
      },
    },
    {
      name: 'a recursion',
      frames: [decode, handle, handle, handle, decode],
      message:
        ' in decode (assembly/index.ts:12:7), called from handle (core module 1, byte 0x1010), called from decode (assembly/index.ts:12:7)',
      details: {
        position: 'assembly/index.ts:12:7',
        frames: 'decode (assembly/index.ts:12:7), handle (core module 1, byte 0x1010), decode (assembly/index.ts:12:7)',
        codeOffset: 0x2f,
      },
    },
  ];
  for (const { name, frames, message, details } of cases) {
    test(`${name} reads well`, () => {
      expect(describeFrames(frames)).toBe(message);
      expect(frameDetails(frames)).toEqual(details);
    });
  }

  const library = ['allocateBlock', '__alloc', '__new', 'ArrayBuffer', 'Array'].map((name, i) =>
    frame(i, { function: name, source: `~lib/rt/tlsf.ts:${i + 1}:1` }),
  );

  test('however deep in a library it ended, the line of the author is named', () => {
    expect(describeFrames([...library, decode, handle])).toBe(
      ' in allocateBlock (~lib/rt/tlsf.ts:1:1), called from decode (assembly/index.ts:12:7), called from handle (core module 1, byte 0x1010)',
    );
    expect(describeFrames(library).split('called from')).toHaveLength(4);
  });

  test('last words with a line of a library get the line of the author', () => {
    expect(describeCaller([...library, decode], '"Index out of range at ~lib/array.ts:114:42"')).toBe(
      ', called from decode (assembly/index.ts:12:7)',
    );
    expect(describeCaller([...library, decode], '"out of luck at assembly/index.ts:12:7"')).toBe('');
    const inlined = frame(1, { within: 'assembly/index/command', source: '~lib/array.ts:114:42' });
    expect(describeCaller([...library, inlined, decode], '"Index out of range at ~lib/array.ts:114:42"')).toBe(
      ', in assembly/index/command',
    );
    expect(describeCaller(library, '"Index out of range at ~lib/array.ts:114:42"')).toBe('');
  });

  test('only the innermost place tells that no memory was left', () => {
    expect(isOutOfMemory([...library, decode])).toBe(true);
    expect(isOutOfMemory([decode, ...library])).toBe(false);
    expect(isOutOfMemory([frame(1)])).toBe(false);
    expect(isOutOfMemory([])).toBe(false);
  });
});
