import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pluginObjects, pluginSif } from '../../test/support/sif-sample.js';
import { PluginError } from '../errors/index.js';
import { writeSif } from '../sif/index.js';
import {
  checkSettings,
  checkSettingsSchema,
  coerceSetting,
  formatManifest,
  parseManifest,
  readPackage,
  validateName,
} from './index.js';

/** The result, or undefined for a PluginError with one of `codes`; anything else fails the test. */
function attempt<T>(make: () => T, codes: RegExp): T | undefined {
  try {
    return make();
  } catch (error) {
    expect(error).toBeInstanceOf(PluginError);
    expect((error as PluginError).code).toMatch(codes);
    return undefined;
  }
}

const key = fc.constantFrom(
  ...['name', 'author', 'version', 'description', 'requests', 'contributes', 'commands', 'flags', 'phases', 'settings'],
  ...[
    'type',
    'properties',
    'items',
    'default',
    'enum',
    'required',
    'path',
    'summary',
    'usage',
    'command',
    '__proto__',
    'toString',
  ],
);
const leaf = fc.oneof(
  fc.constantFrom('object', 'string', 'integer', 'array', 'run', 'before', 'kv', '1.0.0', 'a/b', 'name', ''),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
  ),
}));
const MANIFEST = /^MANIFEST_INVALID$/;

describe('parseManifest() returns a manifest that survives formatting, or throws PluginError', () => {
  const check = (bytes: Uint8Array): void => {
    const manifest = attempt(() => parseManifest(bytes), MANIFEST);
    if (manifest === undefined) return;
    expect(validateName(manifest.name)).toBe(manifest.name);
    expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
    expect(formatManifest(parseManifest(formatManifest(manifest)))).toEqual(formatManifest(manifest));
  };

  test('on random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), check));
  });

  test('on random JSON with known keys', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom('contributes', 'settings', 'requests', 'sdk', 'name'), (value, at) => {
        const base = { name: 'a', author: 'b', version: '1.0.0', description: 'c' };
        const text = JSON.stringify({ ...base, [at]: value });
        check(new TextEncoder().encode(text));
      }),
      { numRuns: 1000 },
    );
  });

  test('on a manifest with changed bytes', () => {
    const text =
      '{"name":"a","author":"b","version":"1.0.0","description":"c","requests":["kv","env:A*"],"contributes":{"commands":[{"path":"x y","summary":"s","flags":[{"name":"f","type":"int","default":3,"usage":"u"}]}]},"settings":{"type":"object","properties":{"a":{"type":"string","default":"x"}}}}';
    const original = new TextEncoder().encode(text);
    const change = fc.tuple(
      fc.nat(original.length - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(...new TextEncoder().encode('{}[]",:0a-'))),
    );
    check(original);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = original.slice();
        for (const [at, value] of changes) bytes[at] = value;
        check(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});

test('readPackage() of changed packages returns or throws PluginError', () => {
  const original = pluginSif();
  const at = fc.oneof(
    fc.nat(127),
    fc.integer({ min: 4096, max: 4096 + 3 * 585 }),
    fc.integer({ min: 32768, max: 32800 }),
    fc.integer({ min: 34816, max: 34891 }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = original.slice();
      for (const [where, value] of changes) bytes[where] = value;
      const read = attempt(
        () => readPackage(bytes),
        /^(SIF_MALFORMED|PACKAGE_INVALID|MANIFEST_INVALID|COMPONENT_(MALFORMED|UNSUPPORTED)|LIMIT_EXCEEDED)$/,
      );
      if (read !== undefined) expect(read.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    }),
    { numRuns: 500 },
  );
});

test('readPackage() with any component returns or throws PluginError', () => {
  const [component, manifest] = pluginObjects();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const data = new Uint8Array([...component!.data.subarray(0, 8), ...bytes]);
      attempt(() => readPackage(writeSif([{ ...component!, data }, manifest!])), /^(COMPONENT_|LIMIT_EXCEEDED)/);
    }),
  );
});

describe('settings', () => {
  test('of any schema and any value are checked or refused', () => {
    fc.assert(
      fc.property(tree, tree, (schemaLike, values) => {
        const schema = attempt(() => checkSettingsSchema({ type: 'object', properties: { a: schemaLike } }), MANIFEST);
        if (schema === undefined) return;
        const settings = attempt(() => checkSettings(schema, { a: values }), /^SETTINGS_INVALID$/);
        // What was accepted is complete: checking it again changes nothing.
        if (settings !== undefined) expect(checkSettings(schema, settings)).toEqual(settings);
      }),
      { numRuns: 1000 },
    );
  });

  test('from any text are values or refused', () => {
    const types = fc.constantFrom('string', 'number', 'integer', 'boolean', 'array', 'object');
    fc.assert(
      fc.property(
        types,
        fc.oneof(
          fc.string({ unit: 'binary' }),
          tree.map((value) => JSON.stringify(value)),
        ),
        (type, text) => {
          const schema = checkSettingsSchema({ type: 'object', properties: { a: { type } } });
          const value = attempt(() => coerceSetting(schema, 'a', text), /^SETTINGS_INVALID$/);
          if (value === undefined) return;
          attempt(() => checkSettings(schema, { a: value }), /^SETTINGS_INVALID$/);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
