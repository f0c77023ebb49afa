import { resolve } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readStoppingPoints, type StoppingPoints } from '../sandbox/index.js';
import { findPositions, formatSourceMap, MappingsReader, MappingsWriter, type SourceMap } from '../source-map/index.js';
import { compileAssemblyScript } from './assemblyscript/index.js';
import { leanSourceMap } from './lean-source-map.js';
import { upToCode, withSourceMapUrl } from './module-sections.js';

const PROJECT = resolve(import.meta.dirname, '../../test/programs/as-minimal');

let module: Uint8Array;
let functions: readonly StoppingPoints[];
beforeAll(async () => {
  module = (await compileAssemblyScript(PROJECT, () => {})).bytes;
  functions = [...readStoppingPoints(module)];
});

/** A map with a line of its own for each of these offsets. */
function fullMap(offsets: readonly number[]): SourceMap {
  const writer = new MappingsWriter();
  for (const offset of offsets) {
    writer.add(offset, { source: 0, line: offset, column: offset % 7 });
  }
  return { sources: ['a.ts'], mappings: writer.text };
}

describe('leanSourceMap()', () => {
  test('says of each operator that stops what the full map says', () => {
    const end = functions.at(-1)!.end;
    const offsets = fc.uniqueArray(fc.integer({ min: functions[0]!.start, max: end }), {
      minLength: 1,
      maxLength: 2000,
    });
    fc.assert(
      fc.property(offsets, (unsorted) => {
        const full = fullMap(unsorted.sort((a, b) => a - b));
        const lean = leanSourceMap(module, formatSourceMap(full))!;
        for (const { start, operators } of functions) {
          const inside = unsorted.filter((offset) => offset >= start);
          const expected = operators.map((at) => (inside[0] !== undefined && inside[0] <= at ? at : undefined));
          const wanted = findPositions(full, operators).filter((_, i) => expected[i] !== undefined);
          expect(findPositions(lean, operators).filter((_, i) => expected[i] !== undefined)).toEqual(wanted);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('lets no function end in the one behind it', () => {
    const [first, second, third] = functions;
    const full = fullMap([first!.start + 1, third!.start + 1]);
    const lean = leanSourceMap(module, formatSourceMap(full))!;
    const found = findPositions(lean, [first!.start, second!.start, second!.end - 1, third!.start]);
    expect(found.map((position) => position?.line)).toEqual([first!.start + 2, undefined, undefined, third!.start + 2]);
  });

  test('counts code without a position as the code in front of it', () => {
    const { start, operators } = functions.find((item) => item.operators.length > 1)!;
    const writer = new MappingsWriter();
    writer.add(start, { source: 0, line: 4, column: 0 });
    writer.add(operators[1]!, undefined);
    const lean = leanSourceMap(module, formatSourceMap({ sources: ['a.ts'], mappings: writer.text }))!;
    expect(findPositions(lean, [operators[1]!])).toEqual([{ file: 'a.ts', line: 5, column: 1 }]);
  });

  test('has nothing to say of something that is no map', () => {
    expect(leanSourceMap(module, '{}')).toBeUndefined();
  });
});

describe('the map of a real plugin', () => {
  test('is small, names no file outside the project, and has a place for every function of the source', async () => {
    const { bytes, sourceMap } = await compileAssemblyScript(PROJECT, () => {});
    expect(sourceMap!.mappings.length).toBeLessThan(bytes.length / 2);
    expect(sourceMap!.sources).toContain('assembly/index.ts');
    for (const file of sourceMap!.sources) {
      expect(file).toMatch(/^(assembly\/|~lib\/|wasm-plugin-glue\.ts$)/);
    }
    const reader = new MappingsReader(sourceMap!.mappings);
    const starts = new Set<number>();
    while (reader.next()) {
      starts.add(reader.offset);
    }
    expect(functions.filter(({ start }) => !starts.has(start))).toEqual([]);
  });
});

describe('withSourceMapUrl()', () => {
  test('replaces the URL and changes nothing else', () => {
    const one = withSourceMapUrl(module, 'data:application/json,{}');
    const two = withSourceMapUrl(one, `https://example.com/${'x'.repeat(300)}`);
    expect(Buffer.from(two).includes('data:application')).toBe(false);
    expect(withSourceMapUrl(two, undefined)).toEqual(module);
    expect(withSourceMapUrl(two, 'data:application/json,{}')).toEqual(one);
  });

  test('leaves offsets of code as they are', () => {
    const changed = withSourceMapUrl(module, 'data:application/json,{}');
    expect(upToCode(changed)).toEqual(upToCode(module));
    expect(changed.length).toBeGreaterThan(upToCode(changed).length);
  });
});
