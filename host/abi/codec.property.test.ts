/** What the codec promises for any schema, any value and any bytes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import type { Field, Schema, SchemaNode, Value } from './index.js';
import {
  any,
  bin,
  bool,
  decode,
  encode,
  f64,
  fromJson,
  hooks,
  int,
  list,
  MAX_VALUES,
  map,
  oneOf,
  optional,
  str,
  struct,
  toJson,
  withDefault,
} from './index.js';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.constantFrom('__proto__', 'constructor', 'toJSON', '$bin', '\ufeff', '\ufeff'.padEnd(90, 'a')),
);
const safeInteger = fc
  .oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -300, max: 70_000 }))
  .map((n) => n + 0);
const bytes = fc.uint8Array({ maxLength: 300 });

/** Everything that `any` may hold, as decode returns it: objects have no prototype. */
const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    safeInteger,
    fc.double(),
    text,
    bytes,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(text, tie('value'), { maxKeys: 20, noNullPrototype: false }).map((entries) => {
      const object: Record<string, Value> = Object.create(null);
      for (const [key, value] of Object.entries(entries)) {
        object[key] = value;
      }
      return object;
    }),
  ),
})).value;

const scalar = fc.constantFrom<Schema>(str, bool, int, f64, bin, any, oneOf('low', 'high'));

const anySchema: fc.Arbitrary<Schema> = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    tie('schema').map((item) => list(item) as Schema),
    tie('schema').map((item) => map(item) as Schema),
    fc
      .dictionary(
        fc.stringMatching(/^[a-z][A-Za-z0-9]{0,8}$/).filter((name) => !(name in Object.prototype)),
        fc.oneof<fc.Arbitrary<Schema | Field>[]>(
          tie('schema'),
          tie('schema').map((schema) => optional(schema)),
          fc.constantFrom<Field>(withDefault(int, 7), withDefault(list(str), []), withDefault(map(any), {})),
        ),
        { maxKeys: 6 },
      )
      .map((fields) => struct(fields) as Schema),
  ),
})).schema;

/** A value as `decode` returns it. */
function valuesOf(schema: SchemaNode): fc.Arbitrary<unknown> {
  switch (schema.kind) {
    case 'str':
      return text;
    case 'bool':
      return fc.boolean();
    case 'int':
      return safeInteger;
    case 'f64':
      return fc.double();
    case 'bin':
      return bytes;
    case 'any':
      return anyValue;
    case 'enum':
      return fc.constantFrom(...schema.values);
    case 'list':
      return fc.array(valuesOf(schema.item), { maxLength: 20 });
    case 'map':
      return fc.array(fc.tuple(text, valuesOf(schema.value)), { maxLength: 20 }).map((entries) => new Map(entries));
    case 'struct': {
      const required = schema.fields.filter(({ presence }) => presence !== 'optional').map(({ name }) => name);
      const fields = Object.fromEntries(schema.fields.map((field) => [field.name, valuesOf(field.schema)]));
      return fc.record(fields, { requiredKeys: required, noNullPrototype: true });
    }
  }
}

const schemaAndValue = anySchema.chain((schema) => fc.tuple(fc.constant(schema), valuesOf(schema)));

describe('for any schema and value', () => {
  test('decode() returns what encode() was given, and the same value gives the same bytes', () => {
    fc.assert(
      fc.property(schemaAndValue, ([schema, value]) => {
        const message = encode(schema, value);
        const decoded = decode(schema, message);
        expect(decoded).toEqual(value);
        expect(encode(schema, decoded)).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });

  test('JSON brings the value back', () => {
    fc.assert(
      fc.property(schemaAndValue, ([schema, value]) => {
        const json: unknown = JSON.parse(JSON.stringify(toJson(schema, value)));
        expect(fromJson(schema, json)).toEqual({ ok: true, value });
      }),
      { numRuns: 300 },
    );
  });

  test('the codec and the scan agree: whatever was encoded is readable as any', () => {
    fc.assert(
      fc.property(schemaAndValue, ([schema, value]) => {
        decode(any, encode(schema, value));
      }),
      { numRuns: 300 },
    );
  });
});

describe('for any bytes', () => {
  const targets: readonly Schema[] = [any, ...Object.values(hooks).flatMap((hook) => [hook.request, hook.response])];
  // Tags are what matters; uniform bytes are mostly small integers.
  const tags = fc.constantFrom(
    0x80,
    0x81,
    0x90,
    0x92,
    0xa1,
    0xc0,
    0xc1,
    0xc4,
    0xc7,
    0xca,
    0xcb,
    0xcf,
    0xd3,
    0xd4,
    0xd9,
  );
  const wideTags = fc.constantFrom(0xc6, 0xc9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff);
  const noise = fc.array(fc.oneof(tags, wideTags, fc.integer({ min: 0, max: 255 })), { maxLength: 60 });

  test('decode() returns or throws ABI_MALFORMED, and makes no more than the bytes can hold', () => {
    fc.assert(
      fc.property(noise, fc.constantFrom(...targets), (random, schema) => {
        checkDecode(schema, Uint8Array.from(random));
      }),
      { numRuns: 3000 },
    );
  });

  test('the same for a message with one part replaced', () => {
    const { response } = hooks.engineConfig;
    fc.assert(
      fc.property(valuesOf(response), noise, fc.nat(), fc.nat({ max: 8 }), (value, random, position, cut) => {
        const message = encode(response, value as never);
        const at = position % (message.length + 1);
        checkDecode(response, Uint8Array.from([...message.subarray(0, at), ...random, ...message.subarray(at + cut)]));
      }),
      { numRuns: 1000 },
    );
  });

  test('the same for a message that ends early', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), (value, position) => {
        const message = encode(any, value);
        const part = message.subarray(0, position % message.length);
        expect(() => decode(any, part)).toThrow(expect.objectContaining({ code: 'ABI_MALFORMED' }));
      }),
      { numRuns: 300 },
    );
  });
});

function checkDecode(schema: Schema, message: Uint8Array): void {
  try {
    expect(weigh(decode(any, message))).toBeLessThanOrEqual(message.length);
    decode(schema, message);
  } catch (error) {
    expect(error).toBeInstanceOf(PluginError);
    expect(error).toHaveProperty('code', 'ABI_MALFORMED');
  }
}

/** Values, characters and bytes in a value: each took at least one byte of the message. */
function weigh(value: Value): number {
  if (typeof value === 'string' || value instanceof Uint8Array) {
    return value.length + 1;
  }
  if (typeof value !== 'object' || value === null) {
    return 1;
  }
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + weigh(item as Value) + (Array.isArray(value) ? 0 : key.length + 1),
    1,
  );
}

test('the costliest message that is allowed takes less than 256 MiB', () => {
  const message = new Uint8Array(MAX_VALUES + 5).fill(0x80);
  message.set([0xdd, 0x00, 0x04, 0x00, 0x00]);
  const before = process.memoryUsage().heapUsed;
  const value = decode(any, message);
  const used = process.memoryUsage().heapUsed - before;
  expect(value).toHaveLength(MAX_VALUES);
  expect(used).toBeLessThan(256 * 2 ** 20);
});
