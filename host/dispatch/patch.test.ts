import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import { CONFIG_LIMITS } from './config-size.js';
import type { JsonObject } from './json.js';
import { applyConfigPatch, type PatchOperations } from './patch.js';

const base = (): JsonObject => ({ process: { args: ['sh'] }, hostname: 'box' });

function outcome(operations: PatchOperations): string {
  try {
    applyConfigPatch(base(), operations);
    return 'ok';
  } catch (error) {
    return error instanceof PluginError ? error.code : String(error);
  }
}

const cases: readonly { name: string; operations: PatchOperations; want: string }[] = [
  { name: 'replaces', operations: [{ op: 'replace', path: '/hostname', value: 'x' }], want: 'ok' },
  { name: 'adds to a list', operations: [{ op: 'add', path: '/process/args/-', value: '-c' }], want: 'ok' },
  { name: 'passes a test that holds', operations: [{ op: 'test', path: '/hostname', value: 'box' }], want: 'ok' },
  {
    name: 'stops at a test that fails',
    operations: [{ op: 'test', path: '/hostname', value: 'y' }],
    want: 'CONFIG_INVALID',
  },
  { name: 'refuses what is not there', operations: [{ op: 'remove', path: '/nope' }], want: 'CONFIG_INVALID' },
  { name: 'refuses an unknown operation', operations: [{ op: 'merge', path: '/a' }], want: 'CONFIG_INVALID' },
  {
    name: 'refuses to replace the document',
    operations: [{ op: 'replace', path: '', value: {} }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'refuses a path through a prototype',
    operations: [{ op: 'add', path: '/__proto__/polluted', value: 'yes' }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'refuses the prototype as a source',
    operations: [{ op: 'copy', from: '/__proto__', path: '/a' }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'refuses bytes, which JSON cannot hold',
    operations: [{ op: 'add', path: '/a', value: new Uint8Array(1) }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'refuses one operation too many',
    operations: Array.from({ length: 1001 }, () => ({ op: 'test', path: '/hostname', value: 'box' })),
    want: 'LIMIT_EXCEEDED',
  },
  {
    name: 'stops copies that double the document',
    operations: [
      { op: 'add', path: '/a', value: 'x'.repeat(CONFIG_LIMITS.chars / 8) },
      ...Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/process', path: `/process/n${i}` })),
      { op: 'copy', from: '/a', path: '/b' },
      ...Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/a', path: `/c${i}` })),
    ],
    want: 'LIMIT_EXCEEDED',
  },
];

describe('applyConfigPatch()', () => {
  for (const { name, operations, want } of cases) {
    test(name, () => {
      expect(outcome(operations)).toBe(want);
    });
  }

  test('leaves every prototype alone', () => {
    outcome([{ op: 'add', path: '/constructor/prototype/polluted', value: 'yes' }]);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  test('returns or throws PluginError for any operations', () => {
    const pointer = fc.oneof(
      fc.constantFrom('/hostname', '/process/args/0', '/process', '/__proto__/x', ''),
      fc.string(),
    );
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'other'),
        path: pointer,
        from: pointer,
        value: fc.jsonValue() as fc.Arbitrary<null | string>,
      },
      { requiredKeys: ['op', 'path'] },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 8 }), (operations) => {
        expect(outcome(operations)).toMatch(/^(ok|CONFIG_INVALID|LIMIT_EXCEEDED)$/);
      }),
    );
  });
});
