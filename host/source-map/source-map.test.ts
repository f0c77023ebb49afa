import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  findPositions,
  formatSourceMap,
  fromDataUrl,
  MappingsReader,
  MappingsWriter,
  type Position,
  parseSourceMap,
  toDataUrl,
} from './index.js';

interface Segment {
  readonly offset: number;
  readonly position: Position | undefined;
}

function write(segments: readonly Segment[]): string {
  const writer = new MappingsWriter();
  for (const { offset, position } of segments) {
    writer.add(offset, position);
  }
  return writer.text;
}

function read(mappings: string): Segment[] {
  const reader = new MappingsReader(mappings);
  const segments: Segment[] = [];
  while (reader.next()) {
    const { offset, located, source, line, column } = reader;
    segments.push({ offset, position: located ? { source, line, column } : undefined });
  }
  return segments;
}

const at = (source: number, line: number, column: number): Position => ({ source, line, column });

describe('mappings', () => {
  // What AssemblyScript's compiler wrote for the beginning of a module.
  test('of a compiler are read as segments', () => {
    expect(read('qXC6DI,EADoC,E,KO8DE')).toEqual([
      { offset: 373, position: at(1, 61, 4) },
      { offset: 375, position: at(1, 60, 40) },
      { offset: 377, position: undefined },
      { offset: 382, position: at(8, 122, 42) },
    ]);
  });

  const number = fc.nat(0x7fffffff);
  const position = fc.record({ source: fc.nat(1000), line: number, column: number });
  test('come back as they were written', () => {
    const segments = fc.array(fc.record({ offset: number, position: fc.option(position, { nil: undefined }) }));
    fc.assert(
      fc.property(segments, (list) => {
        expect(read(write(list))).toEqual(list);
      }),
    );
  });

  const cases = [
    { name: 'end with the first line', text: 'EAAA;EAAA', want: 1 },
    { name: 'may have the index of a name', text: 'EAAAC,EAAA', want: 2 },
    { name: 'end where a character is no digit', text: 'EAAA,E!AA,EAAA', want: 1 },
    { name: 'end at a segment of two numbers', text: 'EAAA,EA,EAAA', want: 1 },
    { name: 'end at a segment of six', text: 'EAAA,EAAAAA,EAAA', want: 1 },
    { name: 'end at an empty segment', text: 'EAAA,,EAAA', want: 1 },
    { name: 'end at a number that never ends', text: `EAAA,${'g'.repeat(100)}A`, want: 1 },
    { name: 'may be empty', text: '', want: 0 },
  ];
  for (const { name, text, want } of cases) {
    test(name, () => {
      expect(read(text)).toHaveLength(want);
    });
  }
});

describe('findPositions()', () => {
  const map = {
    sources: ['a.ts', 'b.ts'],
    mappings: write([
      { offset: 10, position: at(0, 0, 0) },
      { offset: 20, position: at(1, 6, 4) },
      { offset: 30, position: undefined },
      { offset: 40, position: at(2, 1, 1) },
      { offset: 50, position: at(0, 8, 2) },
    ]),
  };
  const cases = [
    { name: 'nothing before the first segment', offset: 9, want: undefined },
    { name: 'the segment that begins there', offset: 10, want: { file: 'a.ts', line: 1, column: 1 } },
    { name: 'the last one that began before', offset: 29, want: { file: 'b.ts', line: 7, column: 5 } },
    { name: 'nothing where code has no source', offset: 30, want: undefined },
    { name: 'nothing for a source that is not in the list', offset: 45, want: undefined },
    { name: 'the last segment for all that follows', offset: 1_000_000, want: { file: 'a.ts', line: 9, column: 3 } },
  ];
  for (const { name, offset, want } of cases) {
    test(`finds ${name}`, () => {
      expect(findPositions(map, [offset])).toEqual([want]);
    });
  }

  test('finds several at once, in any order', () => {
    const offsets = [29, 10, 9];
    expect(findPositions(map, offsets)).toEqual(offsets.flatMap((offset) => findPositions(map, [offset])));
  });

  const numbers = fc.array(fc.integer());
  test('answers whatever the mappings and sources are', () => {
    const digits = fc.constantFrom(...'ABCDEFgh89+/,,,;! é');
    fc.assert(
      fc.property(fc.string({ unit: digits }), fc.array(fc.jsonValue()), numbers, (mappings, sources, offsets) => {
        const found = findPositions({ mappings, sources: sources as string[] }, offsets);
        expect(found).toHaveLength(offsets.length);
        for (const position of found) {
          expect(position === undefined || (position.line > 0 && position.column > 0)).toBe(true);
        }
      }),
    );
  });
});

describe('a map in a data URL', () => {
  test('comes back as it was written', () => {
    const map = { sources: ['assembly/index.ts', 'naïve 名#%20?.ts', '\ud800'], mappings: 'qXC6DI,EADoC' };
    expect(parseSourceMap(fromDataUrl(toDataUrl(formatSourceMap(map))) ?? '')).toEqual(map);
  });

  test('is hardly longer than the map', () => {
    const json = formatSourceMap({ sources: ['a.ts'], mappings: 'qXC6DI,EADoC,E,KO8DE'.repeat(1000) });
    expect(toDataUrl(json).length).toBeLessThan(json.length + 100);
  });

  test('is a URL as others understand it', async () => {
    const json = formatSourceMap({ sources: ['a#b?c.ts'], mappings: 'A+/,;' });
    expect(await (await fetch(toDataUrl(json))).text()).toBe(json);
  });

  const read = [
    { name: 'base64', url: `data:application/json;base64,${Buffer.from('{"a":1}').toString('base64')}` },
    { name: 'base64 with its character set', url: 'data:application/json;charset=utf-8;base64,eyJhIjoxfQ==' },
    { name: 'plain text', url: 'data:application/json,{"a":1}' },
  ];
  for (const { name, url } of read) {
    test(`may be ${name}`, () => {
      expect(fromDataUrl(url)).toBe('{"a":1}');
    });
  }

  for (const url of [
    './plugin.wasm.map',
    'https://example.com/map',
    'data:text/html,x',
    'data:application/json,%zz',
    '',
  ]) {
    test(`is not ${JSON.stringify(url)}`, () => {
      expect(fromDataUrl(url)).toBeUndefined();
    });
  }

  test('gives a map or nothing, whatever the URL says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.constantFrom(',', ';base64,', ''), (data, comma) => {
        const json = fromDataUrl(`data:application/json${comma}${data}`);
        const map = json === undefined ? undefined : parseSourceMap(json);
        expect(map === undefined || Array.isArray(map.sources)).toBe(true);
      }),
    );
  });

  for (const json of [
    'null',
    '3',
    '[]',
    '{"version":2,"sources":[],"mappings":""}',
    '{"version":3,"sections":[]}',
    '{"ver',
  ]) {
    test(`holds no map in ${json}`, () => {
      expect(parseSourceMap(json)).toBeUndefined();
    });
  }
});
