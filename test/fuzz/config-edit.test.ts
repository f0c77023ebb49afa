/** Any answer to `engine-config` that the codec lets through, applied to a config: JSON comes out, or a PluginError. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hooks, type SchemaNode } from '../../host/abi/index.js';
import { type Adjustments, applyAdjustments } from '../../host/dispatch/adjust.js';
import { checkConfigSize } from '../../host/dispatch/config-size.js';
import { diffConfig } from '../../host/dispatch/diff.js';
import type { JsonObject } from '../../host/dispatch/json.js';
import { checkConfigGrants } from '../../host/dispatch/ownership.js';
import { applyConfigPatch, type PatchOperations } from '../../host/dispatch/patch.js';
import { parseGrant } from '../../host/grant/index.js';
import { parseRunnableConfig } from '../../host/oci/index.js';
import { bounded, fuzz, type Outcome } from '../support/bounded.js';
import { CONFIG } from '../support/corpus/base-config.js';

const RUNS = 1500;
/** A config is JSON already: whatever this leaves out was hidden in it. */
const asJson = (config: JsonObject): unknown => JSON.parse(JSON.stringify(config));
const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype].map((one) => Reflect.ownKeys(one).length);

const key = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'process',
      'args',
      'env',
      'mounts',
      'hostname',
      'linux',
      'annotations',
      'x',
      'y',
      'options',
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom('0', '1', '-', '00', '-1', 'length', '4294967295', '1e1', '0x0', '') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'valueOf',
      'push',
      '~0',
      '~1',
      '~2',
    ),
  },
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const pointer = fc.oneof(
  fc.constantFrom('/process/args', '/process/args/0', '/mounts/0/options', '/x', '/x/y', ''),
  fc.array(key, { minLength: 1, maxLength: 4 }).map((keys) => keys.map((one) => `/${one}`).join('')),
);
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(null, true, 0, 1, Number.NaN, 2 ** 53, 'sh', '', '\0', new Uint8Array(1)),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.array(tie('value'), { maxLength: 4 }),
    // As the codec makes them: without a prototype.
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((pairs) => {
      const object: Record<string, unknown> = Object.create(null);
      for (const [name, item] of pairs) object[name] = item;
      return object;
    }),
  ),
})).value;

const operation = fc.record(
  {
    op: fc.constantFrom('add', 'add', 'remove', 'replace', 'move', 'copy', 'test', 'other'),
    path: pointer,
    from: pointer,
    value,
  },
  { requiredKeys: ['op', 'path'] },
);
const patch = fc.array(operation, { maxLength: 12 }) as fc.Arbitrary<PatchOperations>;

const text = fc.oneof(
  fc.constantFrom(
    '/tmp',
    '/a',
    '/a/../b',
    'a',
    '',
    '__proto__',
    'constructor',
    'PATH',
    'A=B',
    'x\0y',
    'bind',
    'RLIMIT_CORE',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

/** Whatever the codec gives for a schema. */
function valuesOf(schema: SchemaNode): fc.Arbitrary<unknown> {
  switch (schema.kind) {
    case 'str':
      return text;
    case 'bool':
      return fc.boolean();
    case 'int':
      return fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1, max: 3 }));
    case 'f64':
      return fc.double();
    case 'bin':
      return fc.uint8Array({ maxLength: 8 });
    case 'any':
      return value;
    case 'enum':
      return fc.constantFrom(...schema.values);
    case 'list':
      return fc.array(valuesOf(schema.item), { maxLength: 4 });
    case 'map':
      return fc.array(fc.tuple(text, valuesOf(schema.value)), { maxLength: 4 }).map((pairs) => new Map(pairs));
    case 'struct': {
      const fields = Object.fromEntries(schema.fields.map((field) => [field.name, valuesOf(field.schema)]));
      const requiredKeys = schema.fields.filter(({ presence }) => presence !== 'optional').map(({ name }) => name);
      return fc.record(fields, { requiredKeys });
    }
  }
}

const response = hooks.engineConfig.response as SchemaNode & { kind: 'struct' };
const adjustments = valuesOf(
  response.fields.find(({ name }) => name === 'adjustments')!.schema,
) as fc.Arbitrary<Adjustments>;

function apply(edits: Adjustments | undefined, operations: PatchOperations): Outcome {
  return bounded(JSON.stringify(operations).length, () => {
    const draft = structuredClone(CONFIG);
    if (edits !== undefined) {
      applyAdjustments(draft, edits);
      checkConfigSize(draft);
    }
    applyConfigPatch(draft, operations);
    // No holes, no keys of lists, no prototypes. (The matchers of the test runner believe a key named `constructor`.)
    expect(isDeepStrictEqual(draft, asJson(draft)), JSON.stringify(draft)).toBe(true);
    parseRunnableConfig(draft);
    const changes = diffConfig(CONFIG, draft);
    if (changes.length === 0) {
      expect(draft).toEqual(CONFIG);
    }
    checkConfigGrants('a', [parseGrant('config:mounts'), parseGrant('config:/x')], changes);
    expect(changes.every(({ pointer: at, area }) => area === 'mounts' || at === '/x' || at.startsWith('/x/'))).toBe(
      true,
    );
  });
}

test('any patch', () => {
  const outcomes = new Set<Outcome>();
  fuzz(RUNS, patch, (operations) => {
    outcomes.add(apply(undefined, operations));
  });
  expect([...outcomes]).toEqual(expect.arrayContaining(['value', 'CONFIG_INVALID', 'CONFIG_DENIED']));
});

test('any adjustments, and a patch behind them', () => {
  const outcomes = new Set<Outcome>();
  fuzz(RUNS, fc.tuple(adjustments, patch), ([edits, operations]) => {
    outcomes.add(apply(edits, operations.slice(0, 2)));
  });
  expect([...outcomes]).toEqual(expect.arrayContaining(['CONFIG_INVALID']));
});

test('no patch has touched a prototype', () => {
  expect([Object.prototype, Array.prototype, String.prototype].map((one) => Reflect.ownKeys(one).length)).toEqual(
    PROTOTYPES,
  );
});
