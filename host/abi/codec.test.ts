import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isNativeAccelerationEnabled } from 'msgpackr/index-no-eval';
import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import type { Schema } from './index.js';
import {
  any,
  bin,
  bool,
  decode,
  encode,
  f64,
  int,
  list,
  map,
  oneOf,
  optional,
  str,
  struct,
  withDefault,
} from './index.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('encode() writes', () => {
  const cases: { name: string; schema: Schema; value: unknown; want: string }[] = [
    { name: 'the widest one-byte integer', schema: int, value: 127, want: '7f' },
    { name: 'the narrowest uint 8', schema: int, value: 128, want: 'cc80' },
    { name: 'the widest uint 32', schema: int, value: 2 ** 32 - 1, want: 'ceffffffff' },
    { name: 'the narrowest uint 64', schema: int, value: 2 ** 32, want: 'cf0000000100000000' },
    { name: 'the greatest integer', schema: int, value: Number.MAX_SAFE_INTEGER, want: 'cf001fffffffffffff' },
    { name: 'the lowest one-byte integer', schema: int, value: -32, want: 'e0' },
    { name: 'the highest int 8', schema: int, value: -33, want: 'd0df' },
    { name: 'the lowest int 32', schema: int, value: -(2 ** 31), want: 'd280000000' },
    { name: 'the highest int 64', schema: int, value: -(2 ** 31) - 1, want: 'd3ffffffff7fffffff' },
    { name: 'the least integer', schema: int, value: Number.MIN_SAFE_INTEGER, want: 'd3ffe0000000000001' },
    { name: 'minus zero as the integer 0', schema: int, value: -0, want: '00' },
    { name: 'a whole f64 in eight bytes', schema: f64, value: 5, want: 'cb4014000000000000' },
    { name: 'a whole number in any as an integer', schema: any, value: 5, want: '05' },
    { name: 'a number above 2^53 in any as a float', schema: any, value: 2 ** 53, want: 'cb4340000000000000' },
    { name: 'minus zero in any as a float', schema: any, value: -0, want: 'cb8000000000000000' },
    {
      name: '31 bytes of text with one byte of header',
      schema: str,
      value: 'a'.repeat(31),
      want: `bf${'61'.repeat(31)}`,
    },
    { name: '32 bytes of text with two', schema: str, value: 'a'.repeat(32), want: `d920${'61'.repeat(32)}` },
    {
      name: 'text by its bytes, not its characters',
      schema: str,
      value: 'é'.repeat(16),
      want: `d920${'c3a9'.repeat(16)}`,
    },
    { name: 'a lone surrogate in short text as U+FFFD', schema: str, value: 'a\ud800', want: 'a461efbfbd' },
    {
      name: 'a lone surrogate in long text as U+FFFD',
      schema: str,
      value: `${'a'.repeat(99)}\udfff`,
      want: `d966${'61'.repeat(99)}efbfbd`,
    },
    { name: 'bytes', schema: bin, value: new Uint8Array([1, 2]), want: 'c4020102' },
    { name: 'a Buffer as bytes', schema: any, value: Buffer.from([1, 2]), want: 'c4020102' },
    {
      name: 'fields in the order of the schema',
      schema: struct({ b: int, a: int }),
      value: { a: 1, b: 2 },
      want: '82a16202a16101',
    },
    {
      name: 'defaults',
      schema: struct({ a: withDefault(list(int), []), b: withDefault(str, 'x') }),
      value: {},
      want: '82a16190a162a178',
    },
    {
      name: 'no absent optional field',
      schema: struct({ a: optional(int), b: optional(int) }),
      value: { b: undefined },
      want: '80',
    },
    { name: 'nil for a null in any', schema: struct({ a: optional(any) }), value: { a: null }, want: '81a161c0' },
    { name: 'an object in any without its undefined', schema: any, value: { a: 1, b: undefined }, want: '81a16101' },
    {
      name: 'a __proto__ key as any other',
      schema: any,
      value: JSON.parse('{"__proto__":1}'),
      want: '81a95f5f70726f746f5f5f01',
    },
    { name: 'a toJSON key as any other', schema: any, value: { toJSON: 1 }, want: '81a6746f4a534f4e01' },
    { name: 'a map from a Map', schema: map(int), value: new Map([['a', 1]]), want: '81a16101' },
    { name: 'a map from an object', schema: map(int), value: { a: 1 }, want: '81a16101' },
    {
      name: '16 elements with three bytes of header',
      schema: list(int),
      value: Array(16).fill(0),
      want: `dc0010${'00'.repeat(16)}`,
    },
  ];
  for (const { name, schema, value, want } of cases) {
    test(name, () => {
      expect(hex(encode(schema, value))).toBe(want);
    });
  }
});

describe('encode() throws TypeError for', () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const cases: { name: string; schema: Schema; value: unknown; text: string }[] = [
    {
      name: 'a value of another kind',
      schema: struct({ a: list(str) }),
      value: { a: ['x', 1] },
      text: 'request.a[1]: it is number 1, a string was needed',
    },
    { name: 'a missing field', schema: struct({ a: str }), value: {}, text: 'request.a: it is missing' },
    {
      name: 'a misspelt field',
      schema: struct({ a: optional(str) }),
      value: { A: 'x' },
      text: 'request.A: the schema has no such field',
    },
    { name: 'a fraction as int', schema: int, value: 1.5, text: 'an integer' },
    { name: 'an integer that is not exact', schema: int, value: 2 ** 53, text: 'an integer' },
    { name: 'a word that oneOf() does not know', schema: oneOf('a', 'b'), value: 'c', text: 'one of a, b' },
    { name: 'a cycle', schema: any, value: cyclic, text: 'deeper than 64' },
    { name: 'a function in any', schema: any, value: { f: () => 1 }, text: 'request.f: it is a function' },
    { name: 'a bigint in any', schema: any, value: 1n, text: 'a bigint' },
    { name: 'a Date in any', schema: any, value: new Date(), text: 'a message value was needed' },
    {
      name: 'a Map with a key that is a number',
      schema: map(int),
      value: new Map([[1, 1]]),
      text: 'a string was needed',
    },
    { name: 'a Map for a struct', schema: struct({}), value: new Map(), text: 'a map was needed' },
  ];
  for (const { name, schema, value, text } of cases) {
    test(name, () => {
      expect(() => encode(schema, value as never, 'request')).toThrow(TypeError);
      expect(() => encode(schema, value as never, 'request')).toThrow(text);
    });
  }
});

test('encode() returns bytes that the next message does not overwrite', () => {
  const first = encode(str, 'first');
  encode(str, 'other');
  expect(hex(first)).toBe(`a5${Buffer.from('first').toString('hex')}`);
  expect(first.byteLength).toBe(first.buffer.byteLength);
  expect(first.constructor).toBe(Uint8Array);
});

test('encode() writes a small message after one that outgrew the buffer', () => {
  const large = new Uint8Array(3 * 2 ** 20).fill(7);
  expect(Buffer.compare(decode(bin, encode(bin, large)), large)).toBe(0);
  const long = 'é'.repeat(100_000);
  expect(decode(str, encode(str, long))).toBe(long);
  expect(decode(any, encode(any, ['é'.repeat(70), 1]))).toEqual(['é'.repeat(70), 1]);
});

describe('decode() reads', () => {
  const point = struct({ x: int, y: withDefault(int, 7), note: optional(str) });
  const cases: { name: string; schema: Schema; bytes: string; want: unknown }[] = [
    { name: 'what is missing as its default', schema: point, bytes: '81 a178 01', want: { x: 1, y: 7 } },
    { name: 'nil as missing', schema: point, bytes: '83 a178 01 a179 c0 a46e6f7465 c0', want: { x: 1, y: 7 } },
    { name: 'nil as a value of any', schema: struct({ a: optional(any) }), bytes: '81 a161 c0', want: { a: null } },
    {
      name: 'past unknown keys',
      schema: point,
      bytes: '83 a178 01 a17a 91 c2 a95f5f70726f746f5f5f 80',
      want: { x: 1, y: 7 },
    },
    {
      name: 'the last of a key that comes twice',
      schema: point,
      bytes: '83 a178 01 a178 a161 a178 03',
      want: { x: 3, y: 7 },
    },
    { name: 'an integer wider than it must be', schema: int, bytes: 'd3 0000000000000001', want: 1 },
    { name: 'the greatest integer', schema: int, bytes: 'cf 001fffffffffffff', want: Number.MAX_SAFE_INTEGER },
    { name: 'the least integer', schema: int, bytes: 'd3 ffe0000000000001', want: Number.MIN_SAFE_INTEGER },
    { name: 'a whole float as int', schema: int, bytes: 'cb 4014000000000000', want: 5 },
    { name: 'the float -0 as int 0', schema: int, bytes: 'cb 8000000000000000', want: 0 },
    { name: 'an integer as f64', schema: f64, bytes: '05', want: 5 },
    { name: 'a float 32 as f64', schema: f64, bytes: 'ca 3fc00000', want: 1.5 },
    { name: 'NaN as f64', schema: f64, bytes: 'cb 7ff8000000000000', want: Number.NaN },
    { name: 'a text with a longer header than it needs', schema: str, bytes: 'db 00000001 61', want: 'a' },
    { name: 'empty text', schema: str, bytes: 'a0', want: '' },
    {
      name: 'a map field as a Map',
      schema: map(bool),
      bytes: '82 a161 c2 a95f5f70726f746f5f5f c3',
      want: new Map([
        ['a', false],
        ['__proto__', true],
      ]),
    },
    { name: 'bytes', schema: bin, bytes: 'c4 02 0102', want: new Uint8Array([1, 2]) },
  ];
  for (const { name, schema, bytes, want } of cases) {
    test(name, () => {
      expect(decode(schema, bytesOf(bytes))).toEqual(want);
    });
  }

  test('64 levels, and refuses 65', () => {
    const nested = (levels: number) => bytesOf(`${'91'.repeat(levels - 1)}90`);
    expect(decode(any, nested(64))).toBeInstanceOf(Array);
    expect(() => decode(any, nested(65))).toThrow('deeper than 64');
  });

  test('a __proto__ key of any onto an object without a prototype', () => {
    const value = decode(any, bytesOf('82 a95f5f70726f746f5f5f 81 a16101 ab636f6e7374727563746f72 02'));
    expect(Object.getPrototypeOf(value)).toBe(null);
    expect(Object.entries(value as object)).toHaveLength(2);
    expect(Reflect.get({}, 'a')).toBeUndefined();
  });

  for (const size of [10, 64, 65, 1000]) {
    test(`a byte order mark in front of ${size} bytes of text`, () => {
      const value = [
        '\ufeff'.padEnd(size - 2, 'a'),
        { ['\ufeff'.padEnd(size - 2, 'k')]: '\ufeff\ufeff'.padEnd(size, 'b') },
        1,
      ];
      expect(decode(any, encode(any, value))).toEqual(value);
    });
  }

  test('bytes as a copy', () => {
    const message = bytesOf('c4 02 0102');
    const value = decode(bin, message);
    message.fill(9);
    expect(value).toEqual(new Uint8Array([1, 2]));
    expect(Object.keys(message)).toEqual(['0', '1', '2', '3']);
  });

  test('defaults that no two messages share', () => {
    const schema = struct({ a: withDefault(list(int), []), b: withDefault(map(int), {}) });
    const [left, right] = [decode(schema, bytesOf('80')), decode(schema, bytesOf('80'))];
    expect(left.a).not.toBe(right.a);
    expect(left.b).not.toBe(right.b);
  });
});

describe('decode() throws ABI_MALFORMED for', () => {
  const schema = struct({ mounts: list(struct({ source: str })), kind: optional(oneOf('a', 'b')) });
  const cases: { name: string; schema: Schema; bytes: string; text: string }[] = [
    { name: 'no bytes at all', schema: any, bytes: '', text: 'it ends in the middle of a value, at byte 0' },
    { name: 'a list that ends early', schema: any, bytes: '93 01 02', text: 'at byte 0' },
    {
      name: 'text that ends early',
      schema: any,
      bytes: '91 a5 61',
      text: 'a value of 5 bytes cannot be in the 1 bytes that remain, at byte 1',
    },
    { name: 'a length that ends early', schema: any, bytes: 'dc 00', text: 'at byte 0' },
    { name: 'a byte after the end', schema: any, bytes: 'c0 c0', text: '1 bytes follow the message, at byte 1' },
    {
      name: 'a list of 4 billion elements',
      schema: any,
      bytes: 'dd ffffffff',
      text: '4294967295 elements cannot be in the 0 bytes',
    },
    { name: 'a map of 4 billion pairs', schema: any, bytes: 'df ffffffff', text: '4294967295 elements' },
    { name: 'bin of 4 GB', schema: any, bytes: 'c6 ffffffff 00', text: '4294967295 bytes' },
    {
      name: 'an extension type',
      schema: any,
      bytes: 'd4 01 00',
      text: 'extension types are not part of the ABI, at byte 0',
    },
    { name: "msgpackr's own record definition", schema: any, bytes: 'd4 72 40 91 a161 01', text: 'extension types' },
    { name: 'a timestamp', schema: any, bytes: 'd6 ff 00000000', text: 'extension types' },
    { name: 'the unused byte', schema: any, bytes: 'c1', text: 'c1' },
    { name: 'a continuation byte alone', schema: any, bytes: 'a1 80', text: 'not UTF-8, at byte 0' },
    { name: 'an encoded surrogate', schema: any, bytes: 'a3 eda080', text: 'not UTF-8' },
    { name: 'an overlong slash', schema: any, bytes: 'a2 c0af', text: 'not UTF-8' },
    { name: 'a broken key', schema: any, bytes: '81 a1ff 01', text: 'not UTF-8, at byte 1' },
    { name: 'a key that is an integer', schema: any, bytes: '81 01 01', text: 'key that is not a string, at byte 1' },
    {
      name: 'an integer above the exact ones',
      schema: any,
      bytes: 'cf 0020000000000000',
      text: 'integer 9007199254740992 is outside',
    },
    {
      name: 'an integer below the exact ones',
      schema: any,
      bytes: 'd3 ffe0000000000000',
      text: 'integer -9007199254740992 is outside',
    },
    { name: 'a fraction as int', schema: int, bytes: 'cb 3ff8000000000000', text: 'message: it is number 1.5' },
    {
      name: 'a field of another kind',
      schema,
      bytes: '81 a66d6f756e7473 92 81 a6736f75726365 a161 81 a6736f75726365 01',
      text: 'message.mounts[1].source: it is number 1, a string was needed',
    },
    { name: 'a missing field', schema, bytes: '80', text: 'message.mounts: it is missing, a list was needed' },
    { name: 'nil for a required field', schema, bytes: '81 a66d6f756e7473 c0', text: 'message.mounts: it is nil' },
    {
      name: 'a word that oneOf() does not know',
      schema,
      bytes: '82 a66d6f756e7473 90 a46b696e64 a163',
      text: 'message.kind: it is string "c", one of a, b was needed',
    },
    { name: 'a list for a struct', schema, bytes: '90', text: 'message: it is a list, a map was needed' },
    { name: 'an odd key, escaped', schema: map(int), bytes: '81 a31b5b6d a161', text: 'message["\\u{1b}[m"]' },
  ];
  for (const { name, schema: target, bytes, text } of cases) {
    test(name, () => {
      const failure = catchError(() => decode(target, bytesOf(bytes)));
      expect(failure).toBeInstanceOf(PluginError);
      expect(failure).toMatchObject({ code: 'ABI_MALFORMED', message: expect.stringContaining(text) });
    });
  }

  test('more values than a message may hold, before it makes any', () => {
    const emptyMaps = new Uint8Array(1_000_005).fill(0x80);
    emptyMaps.set([0xdd, 0x00, 0x0f, 0x42, 0x40]);
    expect(() => decode(any, emptyMaps)).toThrow('more than 262144 values');
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the codec', () => {
  const require = createRequire(import.meta.url);

  test('runs where code generation is switched off', () => {
    const loader = pathToFileURL(join(import.meta.dirname, '../../scripts/generate/load-abi.mjs'));
    const script = `
      import { loadAbi } from ${JSON.stringify(loader.href)};
      const { hooks, encode, decode, any } = await loadAbi();
      for (let i = 0; i < 1000; i++) {
        decode(any, encode(any, { name: 'x'.repeat(i), items: [i, { name: 'y' }] }));
        decode(hooks.engineConfig.response, encode(hooks.engineConfig.response, { veto: 'z'.repeat(i) }));
      }
      console.log('done');
    `;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module'];
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toBe('done\n');
  });

  test('has not loaded the native extractor here, where it is installed', () => {
    decode(any, encode(any, 'text'));
    const loaded = Object.keys(require.cache).filter((path) => path.includes('msgpackr'));
    expect(loaded.filter((path) => path.includes('extract'))).toEqual([]);
    expect(isNativeAccelerationEnabled).toBe(false);
  });

  test('contains no call to eval or the Function constructor', () => {
    const source = readFileSync(require.resolve('msgpackr/index-no-eval'), 'utf8');
    expect(source).not.toMatch(/\beval\s*\(|new Function\s*\(/);
  });
});
