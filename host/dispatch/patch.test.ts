import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../test/support/cpu-time.js';
import { thrown } from '../../test/support/thrown.js';
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
    name: 'refuses the length of a list, which would leave holes in it',
    operations: [{ op: 'replace', path: '/process/args/length', value: 5 }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'refuses a place of a list that is no index, where no limit would see what is put',
    operations: [{ op: 'replace', path: '/process/args/hidden', value: {} }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'refuses a negative index',
    operations: [{ op: 'replace', path: '/process/args/-1', value: 'x' }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'refuses an index with a leading zero',
    operations: [{ op: 'test', path: '/process/args/00', value: 'sh' }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'adds one past the end of a list',
    operations: [{ op: 'add', path: '/process/args/1', value: 'x' }],
    want: 'ok',
  },
  {
    name: 'refuses two past the end of a list',
    operations: [{ op: 'copy', from: '/hostname', path: '/process/args/2' }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'compares with an object whose keys are those of conversions',
    operations: [{ op: 'test', path: '/hostname', value: { toString: 1, valueOf: 1 } }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'refuses to move a value into itself',
    operations: [{ op: 'move', from: '/process', path: '/process/inner' }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'moves the entry of a list behind the others',
    operations: [
      { op: 'add', path: '/process/args/-', value: '-c' },
      { op: 'move', from: '/process/args/0', path: '/process/args/1' },
      { op: 'test', path: '/process/args', value: ['-c', 'sh'] },
    ],
    want: 'ok',
  },
  {
    name: 'takes the keys of prototypes for keys',
    operations: [
      { op: 'add', path: '/constructor', value: { hostname: 'x' } },
      { op: 'copy', from: '/constructor/hostname', path: '/prototype' },
      { op: 'test', path: '/prototype', value: 'x' },
      { op: 'test', path: '/hostname', value: 'box' },
      { op: 'remove', path: '/constructor' },
    ],
    want: 'ok',
  },
  {
    name: 'finds nothing at a key of a prototype',
    operations: [{ op: 'copy', from: '/toString', path: '/a' }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'refuses a tilde that escapes nothing',
    operations: [{ op: 'add', path: '/~2', value: 1 }],
    want: 'CONFIG_INVALID',
  },
  {
    name: 'reads escapes',
    operations: [
      { op: 'add', path: '/~01', value: 1 },
      { op: 'test', path: '/~01', value: 1 },
    ],
    want: 'ok',
  },
  { name: 'refuses an add without a value', operations: [{ op: 'add', path: '/a' }], want: 'CONFIG_INVALID' },
  {
    name: 'adds nothing but null where null is meant',
    operations: [{ op: 'add', path: '/a', value: null }],
    want: 'ok',
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

  test('compares long lists in time, and says little of them', () => {
    const list = (text: string): string[] => Array<string>(CONFIG_LIMITS.listEntries).fill(text);
    const operations = [
      { op: 'add', path: '/x', value: list('a') },
      { op: 'test', path: '/x', value: list('a') },
      { op: 'test', path: '/x', value: list('b') },
    ];
    const took = cpuMs(() =>
      expect(thrown(() => applyConfigPatch(base(), operations)).message).toBe(
        'Cannot apply patch operation test "/x": another value is there',
      ),
    );
    expect(took).toBeLessThan(5000);
  });

  test('quotes paths in errors', () => {
    const { message } = thrown(() =>
      applyConfigPatch(base(), [{ op: 'remove', path: `/\u001b\n${'x'.repeat(5000)}` }]),
    );
    expect(message).toMatch(
      /^Cannot apply patch operation remove "\/\\u\{1b\}\\u\{a\}x+…": there is nothing at its path$/,
    );
    expect(message.length).toBeLessThan(400);
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
