import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { listSection, moduleOf, sized } from '../../../test/support/core-module.js';
import { PluginError } from '../../errors/index.js';
import { readModuleFacts } from '../module-facts.js';
import { wasm } from '../web-assembly.js';
import { type CodeFacts, readCodeFacts } from './code-facts.js';

function factsOf(module: Uint8Array, functionBytes = 1024): CodeFacts {
  return readCodeFacts(module, readModuleFacts(module), functionBytes);
}

async function factsOfText(source: string): Promise<CodeFacts> {
  const module = new Uint8Array(await parse(source));
  expect(wasm.validate(module)).toBe(true);
  return factsOf(module);
}

const exposedOf = ({ exposed }: CodeFacts): number[] =>
  [...exposed].flatMap((value, index) => (value === 1 ? [index] : []));

describe('readCodeFacts()', () => {
  test('reads the parameters and results of each type', async () => {
    const { types } = await factsOfText(
      '(module (type (func)) (type (func (param i32 i64) (result f32))) (type (func (param externref) (result f64 v128))))',
    );
    const list = Array.from({ length: types.count }, (_, i) => {
      const start = types.starts[i]!;
      const middle = start + types.parameters[i]!;
      return [
        [...types.valueTypes.subarray(start, middle)],
        [...types.valueTypes.subarray(middle, middle + types.results[i]!)],
      ];
    });
    expect(list).toEqual([
      [[], []],
      [[0x7f, 0x7e], [0x7d]],
      [[0x6f], [0x7c, 0x7b]],
    ]);
  });

  test('counts imports by kind, and gives the type of every function', async () => {
    const facts = await factsOfText(`(module (type $a (func)) (type $b (func (param i32)))
      (import "m" "f" (func (type $b))) (import "m" "t" (table 1 2 funcref)) (import "m" "m" (memory 1))
      (import "m" "g" (global i32)) (import "m" "e" (tag (type $b))) (import "m" "h" (func (type $a)))
      (import "m" "i" (global (mut i64))) (import "m" "u" (table 0 externref))
      (func (type $a)) (func (type $b)))`);
    expect(facts).toMatchObject({ importedFunctions: 2, importedGlobals: 2, memories: 1 });
    expect([...facts.functionTypes]).toEqual([1, 0, 0, 1]);
  });

  test('counts a defined memory', async () => {
    expect((await factsOfText('(module (memory 1))')).memories).toBe(1);
    expect((await factsOfText('(module)')).memories).toBe(0);
  });

  test('finds where bodies, their locals and their operators are', async () => {
    const module = new Uint8Array(
      await parse('(module (func) (func (param i32) (local i64 i64 f32) (drop (local.get 0))))'),
    );
    const { bodies } = factsOf(module);
    expect(bodies.count).toBe(2);
    const at = (list: Uint32Array): number[] => [...list];
    expect(at(bodies.locals)).toEqual([0, 3]);
    expect(at(bodies.code).map((offset) => module[offset])).toEqual([0x0b, 0x20]);
    expect(at(bodies.ends).map((offset) => module[offset - 1])).toEqual([0x0b, 0x0b]);
    expect(at(bodies.code).map((offset, i) => offset - bodies.starts[i]!)).toEqual([1, 5]);
  });

  const exposures = [
    { name: 'no function that is only called', module: '(func (call 1)) (func)', want: [] },
    {
      name: 'exports of functions, not of other things',
      module: '(func) (func (export "f")) (global (export "g") i32 (i32.const 0))',
      want: [1],
    },
    { name: 'an exported import', module: '(import "m" "f" (func)) (func) (export "f" (func 0))', want: [0] },
    { name: 'the start function', module: '(func) (func) (start 1)', want: [1] },
    { name: 'an active segment', module: '(table 9 funcref) (func) (func) (elem (i32.const 0) func 1)', want: [1] },
    {
      name: 'an active segment of another table',
      module: '(table 0 funcref) (table 9 funcref) (func) (func) (elem (table 1) (i32.const 0) func 1)',
      want: [1],
    },
    { name: 'a passive segment', module: '(func) (func) (elem func 1 1)', want: [1] },
    { name: 'a declarative segment', module: '(func) (func) (elem declare func 1)', want: [1] },
    {
      name: 'a segment of expressions',
      module: '(table 9 funcref) (func) (func) (elem (i32.const 0) funcref (ref.null func) (ref.func 1))',
      want: [1],
    },
    {
      name: 'a segment of expressions for another table',
      module:
        '(table 0 funcref) (table 9 funcref) (func) (func) (elem (table 1) (i32.const 0) funcref (item ref.func 1))',
      want: [1],
    },
    { name: 'a passive segment of expressions', module: '(func) (func) (elem funcref (item ref.func 1))', want: [1] },
    {
      name: 'a declarative segment of expressions',
      module: '(func) (func) (elem declare funcref (item ref.func 1))',
      want: [1],
    },
    {
      name: 'a segment of external references',
      module: '(table 9 externref) (func) (elem (i32.const 0) externref (ref.null extern))',
      want: [],
    },
    { name: 'the initialiser of a global', module: '(func) (func) (global funcref (ref.func 1))', want: [1] },
  ];
  for (const { name, module, want } of exposures) {
    test(`sees what can be reached through ${name}`, async () => {
      expect(exposedOf(await factsOfText(`(module ${module})`))).toEqual(want);
    });
  }

  test('says which function is the start', async () => {
    expect((await factsOfText('(module (import "m" "f" (func)) (func) (start 1))')).start).toBe(1);
    expect((await factsOfText('(module (func))')).start).toBe(-1);
  });

  test('measures data and element segments of all kinds', async () => {
    const { dataLengths, elementLengths } = await factsOfText(`(module (memory 1) (table 9 funcref) (func)
      (data (i32.const 0) "four") (data "") (data (memory 0) (i32.const 9) "three")
      (elem (i32.const 0) func 0 0) (elem funcref (ref.null func)) (elem func))`);
    expect([...dataLengths]).toEqual([4, 0, 5]);
    expect([...elementLengths]).toEqual([2, 1, 0]);
  });

  const END = 0x0b;
  const NOP = 0x01;
  const withBody = (size: number): Uint8Array => {
    const operators = new Array<number>(size - 2).fill(NOP);
    return moduleOf(
      listSection(1, [[0x60, 0, 0]]),
      listSection(3, [[0], [0]]),
      listSection(10, [sized([0, END]), sized([0], operators, [END])]),
    );
  };
  test('accepts a function of as many bytes as there may be', () => {
    expect(factsOf(withBody(100), 100).bodies.count).toBe(2);
  });

  test('refuses a function of one byte more, and says which and what to do', () => {
    const module = withBody(101);
    expect(wasm.validate(module)).toBe(true);
    expect(() => factsOf(module, 100)).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        message: 'Cannot load a core module: its function 1 has 101 bytes of code, the limit is 100',
        hint: expect.any(String),
        details: { function: 1, size: 101, limit: 100 },
      }),
    );
  });

  test('ends with a PluginError on counts that no bytes stand behind', () => {
    const billion = [0x80, 0x94, 0xeb, 0xdc, 0x03];
    for (const id of [3, 9, 10, 11]) {
      const module = moduleOf(Uint8Array.of(id, billion.length, ...billion));
      expect(() => factsOf(module)).toThrow(PluginError);
    }
  });
});
