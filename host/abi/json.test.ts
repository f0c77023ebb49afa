import { describe, expect, test } from 'vitest';
import { any, bin, f64, fromJson, hooks, int, list, map, optional, str, struct, toJson, withDefault } from './index.js';

const everything = struct({
  text: str,
  ratio: f64,
  bytes: bin,
  free: any,
  tags: withDefault(list(str), []),
  limits: withDefault(map(int), {}),
  note: optional(str),
});

describe('toJson() and fromJson()', () => {
  const cases = [
    {
      name: 'spell bin as base64 and floats that JSON lacks as words',
      value: {
        text: 'a',
        ratio: Number.NaN,
        bytes: new Uint8Array([1, 2, 3]),
        free: null,
        tags: ['x'],
        limits: new Map([['n', 1]]),
      },
      json: { text: 'a', ratio: 'NaN', bytes: 'AQID', free: null, tags: ['x'], limits: { n: 1 } },
    },
    {
      name: 'spell out what a string inside any means',
      value: {
        text: '',
        ratio: -0,
        bytes: new Uint8Array(),
        free: [new Uint8Array([255]), Number.NEGATIVE_INFINITY],
        tags: [],
        limits: new Map(),
      },
      json: { text: '', ratio: '-0', bytes: '', free: [{ $bin: '/w==' }, { $f64: '-Infinity' }], tags: [], limits: {} },
    },
    {
      name: 'tell an object that looks like bin from bin',
      value: {
        text: '',
        ratio: 1,
        bytes: new Uint8Array(),
        free: { $bin: 'AQ==', $$f64: 1 },
        tags: [],
        limits: new Map(),
        note: 'n',
      },
      json: { text: '', ratio: 1, bytes: '', free: { $$bin: 'AQ==', $$$f64: 1 }, tags: [], limits: {}, note: 'n' },
    },
  ];
  for (const { name, value, json } of cases) {
    test(name, () => {
      const written: unknown = JSON.parse(JSON.stringify(toJson(everything, value)));
      expect(written).toEqual(json);
      expect(fromJson(everything, written)).toEqual({ ok: true, value });
    });
  }
});

test('fromJson() fills in defaults', () => {
  const answer = fromJson(everything, { text: 'a', ratio: 1, bytes: '', free: 1 });
  expect(answer).toEqual({
    ok: true,
    value: { text: 'a', ratio: 1, bytes: new Uint8Array(), free: 1, tags: [], limits: new Map() },
  });
});

test('fromJson() reports every problem with its path', () => {
  const json = {
    text: 1,
    ratio: 'much',
    bytes: '*',
    tags: ['x', null],
    limits: { n: 1.5 },
    nott: 'n',
    free: { $bin: 5 },
  };
  expect(fromJson(everything, json, 'request')).toEqual({
    ok: false,
    problems: [
      'request.nott: there is no such field; there are: text, ratio, bytes, free, tags, limits, note',
      'request.text: it is number 1, a string was needed',
      'request.ratio: it is string "much", a number was needed',
      'request.bytes: it is string "*", base64 text was needed',
      'request.free["$bin"]: it is number 5, which $bin cannot be',
      'request.tags[1]: it is nil, a string was needed',
      'request.limits.n: it is number 1.5, an integer within ±(2^53 - 1) was needed',
    ],
  });
  expect(fromJson(hooks.command.request, []).ok).toBe(false);
});

test('fromJson() keeps a __proto__ key as a key', () => {
  const answer = fromJson(any, JSON.parse('{"__proto__": {"polluted": true}}'));
  expect(answer.ok && Object.keys(answer.value as object)).toEqual(['__proto__']);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test('fromJson() stops at the depth that a message may have', () => {
  expect(fromJson(any, JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`))).toMatchObject({ ok: false });
});
