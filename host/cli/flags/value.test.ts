import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FlagKind } from './value.js';
import { FlagValueError, parseFlagValue, splitCommas } from './value.js';

const values = [
  { name: 'a string stays as typed', kind: 'string', text: ' a,b ', want: ' a,b ' },
  { name: 'bool true', kind: 'bool', text: 'T', want: true },
  { name: 'bool false', kind: 'bool', text: '0', want: false },
  { name: 'bool yes', kind: 'bool', text: 'yes', want: FlagValueError },
  { name: 'int', kind: 'int', text: '-12', want: -12 },
  { name: 'int minus zero', kind: 'int', text: '-0', want: 0 },
  { name: 'int in hex', kind: 'int', text: '0xff', want: 255 },
  { name: 'int in old octal', kind: 'int', text: '017', want: 15 },
  { name: 'int zero', kind: 'int', text: '0', want: 0 },
  { name: 'int with a wrong octal digit', kind: 'int', text: '0o8', want: FlagValueError },
  { name: 'int with a fraction', kind: 'int', text: '1.5', want: FlagValueError },
  { name: 'int empty', kind: 'int', text: '', want: FlagValueError },
  { name: 'int at the edge', kind: 'int', text: '9007199254740991', want: 9007199254740991 },
  { name: 'int past the edge', kind: 'int', text: '9007199254740992', want: FlagValueError },
  { name: 'uint32 at the edge', kind: 'uint32', text: '4294967295', want: 4294967295 },
  { name: 'uint32 past the edge', kind: 'uint32', text: '4294967296', want: FlagValueError },
  { name: 'uint32 negative', kind: 'uint32', text: '-1', want: FlagValueError },
  { name: 'string-list splits', kind: 'string-list', text: 'a,"b,c"', want: ['a', 'b,c'] },
  { name: 'string-array does not', kind: 'string-array', text: 'a,b', want: ['a,b'] },
  { name: 'string-map', kind: 'string-map', text: 'a=1,b=x=y', want: { a: '1', b: 'x=y' } },
  { name: 'string-map without a key', kind: 'string-map', text: '=1', want: FlagValueError },
  { name: 'string-map without a value', kind: 'string-map', text: 'a', want: FlagValueError },
] as const;

describe('parseFlagValue()', () => {
  for (const { name, kind, text, want } of values) {
    test(name, () => {
      if (want === FlagValueError) expect(() => parseFlagValue(kind, text)).toThrow(FlagValueError);
      else expect(parseFlagValue(kind, text)).toEqual(want);
    });
  }
  test('adds later occurrences to lists and maps, without touching what was there', () => {
    const list = ['a'];
    expect(parseFlagValue('string-list', 'b,c', list)).toEqual(['a', 'b', 'c']);
    expect(list).toEqual(['a']);
    const map = { a: '1', b: '2' };
    expect({ ...(parseFlagValue('string-map', 'b=3', map) as object) }).toEqual({ a: '1', b: '3' });
    expect(map.b).toBe('2');
  });
  test('__proto__ is only a key', () => {
    const map = parseFlagValue('string-map', '__proto__=x') as Record<string, string>;
    expect(Object.keys(map)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
  test('returns a value or throws FlagValueError, whatever is typed', () => {
    const kinds: FlagKind[] = ['string', 'bool', 'int', 'uint32', 'string-list', 'string-array', 'string-map'];
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.string(), (kind, text) => {
        try {
          expect(parseFlagValue(kind, text)).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(FlagValueError);
        }
      }),
    );
  });
});

describe('splitCommas()', () => {
  const cases = [
    { text: '', want: [] },
    { text: 'a', want: ['a'] },
    { text: 'a,', want: ['a', ''] },
    { text: '"a""b",c', want: ['a"b', 'c'] },
    { text: '"a"b', want: undefined },
    { text: '"a', want: undefined },
  ];
  for (const { text, want } of cases) {
    test(JSON.stringify(text), () => {
      if (want === undefined) expect(() => splitCommas(text)).toThrow(FlagValueError);
      else expect(splitCommas(text)).toEqual(want);
    });
  }
  test('gives back what was quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (items) => {
        const text = items.map((item) => `"${item.replaceAll('"', '""')}"`).join(',');
        expect(splitCommas(text)).toEqual(items);
      }),
    );
  });
});
