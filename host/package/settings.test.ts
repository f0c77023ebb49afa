import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import { checkSettings, checkSettingsSchema, coerceSetting } from './index.js';

function messageOf(make: () => unknown, code: string): string {
  try {
    make();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    expect(error.code).toBe(code);
    return error.message;
  }
  return 'none';
}

const schema = checkSettingsSchema({
  type: 'object',
  properties: {
    level: { type: 'integer', minimum: 1, maximum: 5, default: 3 },
    ratio: { type: 'number' },
    name: { type: 'string', minLength: 2, maxLength: 4 },
    mode: { enum: ['fast', 'safe', 3] },
    on: { type: 'boolean', default: false },
    paths: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 2 },
    ports: { type: 'array', items: { type: 'integer', minimum: 1 } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    nested: {
      type: 'object',
      properties: { 'a-b': { type: 'integer', default: 1 }, c: { type: 'string' } },
      required: ['c'],
    },
    fixed: { const: 7 },
    'dotted.key': { type: 'string' },
  },
});

const refused = [
  { name: 'above the maximum', values: { level: 6 }, want: 'level is 6, it must be at most 5' },
  { name: 'below the minimum', values: { level: 0 }, want: 'level is 0, it must be at least 1' },
  { name: 'a fraction', values: { level: 1.5 }, want: 'level is 1.5, it must be of type integer' },
  { name: 'a text for a number', values: { level: '3' }, want: 'level is "3", it must be of type integer' },
  { name: 'too short', values: { name: 'a' }, want: 'name has fewer than 2 characters' },
  { name: 'too long', values: { name: 'abcde' }, want: 'name has more than 4 characters' },
  { name: 'not in the list', values: { mode: 'slow' }, want: 'mode is "slow", it must be one of "fast", "safe", 3' },
  { name: 'not the constant', values: { fixed: 8 }, want: 'fixed is 8, it must be 7' },
  { name: 'too few items', values: { paths: [] }, want: 'paths has fewer than 1 items' },
  { name: 'too many items', values: { paths: ['a', 'b', 'c'] }, want: 'paths has more than 2 items' },
  { name: 'a wrong item', values: { ports: [1, 0] }, want: 'ports[1] is 0, it must be at least 1' },
  { name: 'a misspelt name', values: { lvel: 1 }, want: 'lvel is not a setting of this plugin' },
  {
    name: 'a misspelt inner name',
    values: { nested: { c: '', d: 1 } },
    want: 'nested.d is not a setting of this plugin',
  },
  { name: 'an inner value that is missing', values: { nested: {} }, want: 'nested.c is missing' },
  {
    name: 'a wrong extra value',
    values: { labels: { 'x/y ~%#': 1 } },
    want: 'labels["x/y ~%#"] is 1, it must be of type string',
  },
  {
    name: 'a name that every object has',
    values: { constructor: 1 },
    want: 'constructor is not a setting of this plugin',
  },
  { name: 'a prototype', values: JSON.parse('{"__proto__":{"level":1}}'), want: 'settings has the key "__proto__"' },
  { name: 'an escape', values: { '\u001b[2J': 1 }, want: '["\\u{1b}[2J"] is not a setting' },
  { name: 'a function', values: { name: () => 1 }, want: 'settings.name is not a JSON value' },
  { name: 'NaN', values: { ratio: Number.NaN }, want: 'settings.ratio is not a finite number' },
  { name: 'too much', values: { name: 'a'.repeat(70_000) }, want: 'settings.name is too large' },
];

describe('checkSettings()', () => {
  for (const { name, values, want } of refused) {
    test(`refuses ${name}`, () =>
      expect(messageOf(() => checkSettings(schema, values), 'SETTINGS_INVALID')).toContain(want));
  }

  test('names every problem, once', () => {
    const message = messageOf(
      () => checkSettings(schema, { level: 9, name: '', nested: { 'a-b': 'x' } }),
      'SETTINGS_INVALID',
    );
    expect(message).toBe(
      'Cannot use settings: level is 9, it must be at most 5; name has fewer than 2 characters; nested.c is missing; nested.a-b is "x", it must be of type integer',
    );
  });

  test('fills in defaults, also inside objects that are there', () => {
    const given = { nested: { c: 'x' } };
    expect(checkSettings(schema, given)).toEqual({ level: 3, on: false, nested: { c: 'x', 'a-b': 1 } });
    expect(given).toEqual({ nested: { c: 'x' } });
  });

  test('gives objects without a prototype', () => {
    const settings = checkSettings(schema, { labels: { toString: 'x' } });
    expect(Object.getPrototypeOf(settings)).toBe(null);
    expect(Object.getPrototypeOf(settings.labels)).toBe(null);
  });

  test('refuses what is nested without end', () => {
    const values: Record<string, unknown> = {};
    values.labels = values;
    expect(messageOf(() => checkSettings(schema, values), 'SETTINGS_INVALID')).toContain(
      'is nested deeper than 16 levels',
    );
  });

  test('of a plugin without settings accepts none only', () => {
    expect(checkSettings(undefined, {})).toEqual({});
    expect(messageOf(() => checkSettings(undefined, { a: 1 }), 'SETTINGS_INVALID')).toContain('a is not a setting');
  });

  test('reports what is required', () => {
    const strict = checkSettingsSchema({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      required: ['a', 'b'],
    });
    expect(messageOf(() => checkSettings(strict, {}), 'SETTINGS_INVALID')).toContain('a is missing; b is missing');
  });

  test('does not change the schema', () => {
    const before = JSON.stringify(schema);
    checkSettings(schema, { level: 2 });
    expect(JSON.stringify(schema)).toBe(before);
    expect(Reflect.ownKeys(schema)).not.toContain('__absolute_uri__');
  });
});

const coerced = [
  { key: 'level', text: '4', want: 4 },
  { key: 'level', text: '-12', want: -12 },
  { key: 'ratio', text: '0.5', want: 0.5 },
  { key: 'ratio', text: '1e3', want: 1000 },
  { key: 'name', text: '4', want: '4' },
  { key: 'name', text: '', want: '' },
  { key: 'mode', text: 'fast', want: 'fast' },
  { key: 'mode', text: '3', want: 3 },
  { key: 'mode', text: 'slow', want: 'slow' },
  { key: 'fixed', text: '7', want: 7 },
  { key: 'on', text: 'Yes', want: true },
  { key: 'on', text: 'off', want: false },
  { key: 'paths', text: 'a, b', want: ['a', 'b'] },
  { key: 'paths', text: '["a,b"]', want: ['a,b'] },
  { key: 'paths', text: '', want: [] },
  { key: 'ports', text: '80,443', want: [80, 443] },
  { key: 'labels', text: '{"a":"b"}', want: { a: 'b' } },
  { key: 'dotted.key', text: 'x', want: 'x' },
];

const uncoercible = [
  { key: 'level', text: '4.5', want: 'it must be a whole number' },
  { key: 'level', text: '0x10', want: 'it must be a whole number' },
  { key: 'level', text: '', want: 'it must be a whole number' },
  { key: 'level', text: '9007199254740993', want: 'it must be a whole number' },
  { key: 'ratio', text: 'Infinity', want: 'it must be a number' },
  { key: 'ratio', text: '1e999', want: 'it must be a number' },
  { key: 'on', text: '1', want: 'it must be true or false' },
  { key: 'ports', text: '80,,443', want: 'it must be a list: items of type integer' },
  { key: 'ports', text: '[80', want: 'it must be a list' },
  { key: 'labels', text: '[]', want: 'it must be an object in JSON' },
  { key: 'labels', text: '{"__proto__":{}}', want: 'it must be an object in JSON' },
  { key: 'lvel', text: '1', want: 'the plugin has no such setting' },
  { key: 'toString', text: '1', want: 'the plugin has no such setting' },
  { key: '__proto__', text: '{}', want: 'the plugin has no such setting' },
];

describe('coerceSetting()', () => {
  for (const { key, text, want } of coerced) {
    test(`${key}=${text}`, () => expect(coerceSetting(schema, key, text)).toEqual(want));
  }
  for (const { key, text, want } of uncoercible) {
    test(`refuses ${key}=${text}`, () => {
      expect(messageOf(() => coerceSetting(schema, key, text), 'SETTINGS_INVALID')).toContain(want);
    });
  }

  test('takes any name where the schema leaves it open', () => {
    expect(coerceSetting(checkSettingsSchema({ type: 'object' }), 'x', '5')).toBe(5);
    expect(
      coerceSetting(checkSettingsSchema({ type: 'object', additionalProperties: { type: 'string' } }), 'x', '5'),
    ).toBe('5');
  });

  test('refuses everything for a plugin without settings', () => {
    expect(messageOf(() => coerceSetting(undefined, 'x', '5'), 'SETTINGS_INVALID')).toContain('no such setting');
  });
});

const property = (value: unknown) => ({ type: 'object', properties: { p: value } });
const deep = (depth: number): unknown => (depth === 0 ? { type: 'string' } : property(deep(depth - 1)));

const badSchemas = [
  { name: 'a schema that is no object', value: true, want: 'settings is not an object' },
  { name: 'another root type', value: { type: 'array' }, want: 'settings is not a schema of type "object"' },
  { name: 'no root type', value: { enum: [1] }, want: 'settings is not a schema of type "object"' },
  { name: 'a reference', value: property({ $ref: '#' }), want: 'settings.properties.p["$ref"] is not a key' },
  { name: 'a pattern', value: property({ type: 'string', pattern: '(a+)+' }), want: 'p.pattern is not a key' },
  { name: 'a combinator', value: property({ anyOf: [] }), want: 'p.anyOf is not a key' },
  { name: 'an identifier', value: { type: 'object', $id: 'x' }, want: '["$id"] is not a key' },
  { name: 'a list of types', value: property({ type: ['string', 'null'] }), want: 'p.type is not one of string' },
  { name: 'nothing said', value: property({}), want: 'p has neither a type nor an enum nor a const' },
  { name: 'an empty enum', value: property({ enum: [] }), want: 'p.enum is empty' },
  {
    name: 'a minimum for a text',
    value: property({ type: 'string', minimum: 1 }),
    want: 'p.minimum belongs to the type number or integer',
  },
  {
    name: 'a minimum above the maximum',
    value: property({ type: 'number', minimum: 2, maximum: 1 }),
    want: 'p.minimum is above maximum',
  },
  {
    name: 'a negative length',
    value: property({ type: 'string', minLength: -1 }),
    want: 'p.minLength is not a whole number',
  },
  {
    name: 'a required stranger',
    value: { ...property({ type: 'string' }), required: ['q'] },
    want: 'settings.required[0] is not the name of a property',
  },
  {
    name: 'a required prototype',
    value: { ...property({ type: 'string' }), required: ['toString'] },
    want: 'settings.required[0] is not',
  },
  {
    name: 'a name with white space',
    value: { type: 'object', properties: { 'a b': { type: 'string' } } },
    want: 'has the name "a b"',
  },
  {
    name: 'a prototype',
    value: JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'),
    want: 'has the name "__proto__"',
  },
  {
    name: 'a default of another type',
    value: property({ type: 'integer', default: 'x' }),
    want: 'p.default does not fit: the whole is "x"',
  },
  {
    name: 'a default without what it requires',
    value: property({ ...property({ type: 'string' }), required: ['p'], default: {} }),
    want: 'p.default does not fit: p is missing',
  },
  {
    name: 'a tuple',
    value: property({ type: 'array', items: [{ type: 'string' }] }),
    want: 'p.items is not an object',
  },
  { name: 'eight levels', value: deep(7), want: 'is nested deeper than 6 levels' },
  {
    name: '101 properties',
    value: {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`p${i}`, { type: 'string' }])),
    },
    want: 'has 101 properties',
  },
  {
    name: 'a control character in a title',
    value: property({ type: 'string', title: '\u001b' }),
    want: 'p.title holds control characters',
  },
];

describe('checkSettingsSchema()', () => {
  for (const { name, value, want } of badSchemas) {
    test(`refuses ${name}`, () =>
      expect(messageOf(() => checkSettingsSchema(value), 'MANIFEST_INVALID')).toContain(want));
  }

  test('accepts seven levels', () => {
    expect(checkSettingsSchema(deep(6))).toEqual(deep(6));
  });

  test('bounds the number of schemas', () => {
    const wide = (names: number, inner: unknown) => ({
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: names }, (_, i) => [`p${i}`, inner])),
    });
    expect(
      messageOf(() => checkSettingsSchema(wide(100, wide(100, { type: 'string' }))), 'MANIFEST_INVALID'),
    ).toContain('500th schema');
  });

  test('accepts a default that its own inner defaults complete', () => {
    const inner = { ...property({ type: 'string', default: 'x' }), required: ['p'], default: {} };
    expect(checkSettings(checkSettingsSchema(property(inner)), {})).toEqual({ p: { p: 'x' } });
  });
});
