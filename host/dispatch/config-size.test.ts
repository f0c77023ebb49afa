/** Answers that fit into one message and would keep the host busy, or fill it: no guest code runs any more while it works on them. */
import { describe, expect, test } from 'vitest';
import { thrown } from '../../test/support/thrown.js';
import { parseGrant } from '../grant/index.js';
import { parseOciConfig } from '../oci/index.js';
import { type Adjustments, applyAdjustments } from './adjust.js';
import { CONFIG_LIMITS, checkConfigSize } from './config-size.js';
import { diffConfig } from './diff.js';
import type { Json, JsonObject } from './json.js';
import { checkConfigGrants } from './ownership.js';
import { applyConfigPatch, type PatchOperations } from './patch.js';

const TIME_MS = 3000;

/** Time of the processor: what else the machine does is not counted. */
function timed<T>(run: () => T): T {
  const start = process.cpuUsage();
  const result = run();
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(TIME_MS);
  return result;
}

function nested(levels: number): JsonObject {
  return levels === 1 ? {} : { a: nested(levels - 1) };
}

const cases: readonly { name: string; config: JsonObject; want: string }[] = [
  { name: 'accepts the deepest config', config: nested(CONFIG_LIMITS.depth), want: 'ok' },
  { name: 'refuses one level more', config: nested(CONFIG_LIMITS.depth + 1), want: 'more than 48 levels' },
  { name: 'accepts the longest list', config: { a: Array<Json>(CONFIG_LIMITS.listEntries).fill(0) }, want: 'ok' },
  {
    name: 'refuses one entry more',
    config: { a: Array<Json>(CONFIG_LIMITS.listEntries + 1).fill(0) },
    want: 'a list of 10001 entries, the limit is 10000',
  },
  { name: 'accepts the longest text', config: { a: 'x'.repeat(CONFIG_LIMITS.chars - 1) }, want: 'ok' },
  {
    name: 'refuses one character more',
    config: { a: 'x'.repeat(CONFIG_LIMITS.chars) },
    want: 'more than 4194304 char',
  },
  {
    name: 'refuses one value more',
    config: { a: Array.from({ length: 10 }, () => Array<Json>(CONFIG_LIMITS.listEntries).fill(0)) },
    want: 'more than 100000 values',
  },
];

describe('checkConfigSize()', () => {
  for (const { name, config, want } of cases) {
    test(name, () => {
      const run = (): void => checkConfigSize(config);
      if (want === 'ok') run();
      else expect(thrown(run).message).toContain(want);
    });
  }
});

describe('an answer that would keep the host busy is refused in time', () => {
  test('a patch that moves values ever deeper', () => {
    const { value, path } = Array.from({ length: 40 }).reduce<{ value: JsonObject; path: string }>(
      ({ value: inner, path: at }) => ({ value: { a: inner }, path: `${at}/a` }),
      { value: {}, path: '/y' },
    );
    const deepen: PatchOperations = [
      { op: 'add', path: '/y', value },
      { op: 'move', from: '/x', path: `${path}/x` },
      { op: 'move', from: '/y', path: '/x' },
    ];
    const patch: PatchOperations = [
      { op: 'add', path: '/x', value: {} },
      ...Array.from({ length: 300 }, () => deepen).flat(),
    ];
    expect(timed(() => thrown(() => applyConfigPatch({}, patch))).code).toBe('LIMIT_EXCEEDED');
  });

  test('a patch that copies and removes a large text again and again', () => {
    const again: PatchOperations = [
      { op: 'copy', from: '/x', path: '/y' },
      { op: 'remove', path: '/y' },
    ];
    const patch: PatchOperations = [
      { op: 'add', path: '/x', value: 'x'.repeat(CONFIG_LIMITS.chars / 2 - 2) },
      ...Array.from({ length: 499 }, () => again).flat(),
    ];
    timed(() => applyConfigPatch({}, patch));
  });

  test('more adjustments than anybody needs', () => {
    const none: Adjustments = {
      mounts: [],
      env: [],
      annotations: [],
      namespaces: [],
      rlimits: [],
      devices: [],
      ociHooks: [],
    };
    const env = Array.from({ length: 100_000 }, (_, i) => ({ action: 'add' as const, name: `N${i}`, value: '' }));
    expect(timed(() => thrown(() => applyAdjustments({}, { ...none, env }))).message).toBe(
      'Cannot apply 100000 adjustments: the limit is 1000',
    );
  });

  test('very many annotations, held against many grants', () => {
    const annotations = Object.fromEntries(Array.from({ length: CONFIG_LIMITS.nodes / 2 }, (_, i) => [`k${i}`, '']));
    const changes = diffConfig({ annotations: {} }, { annotations });
    const grants = Array.from({ length: 127 }, (_, i) => parseGrant(`config:/annotations/n${i}/a`));
    timed(() => checkConfigGrants('a', [...grants, parseGrant('config:/annotations')], changes));
  });

  test('as many adjustments as there may be, of as many entries', () => {
    const none: Adjustments = {
      mounts: [],
      env: [],
      annotations: [],
      namespaces: [],
      rlimits: [],
      devices: [],
      ociHooks: [],
    };
    const entries = Array.from({ length: CONFIG_LIMITS.listEntries }, (_, i) => `N${i}=`);
    const env = Array.from({ length: 1000 }, (_, i) => ({ action: 'remove' as const, name: `M${i}` }));
    const config = { process: { env: entries } };
    timed(() => applyAdjustments(config, { ...none, env }));
    expect(config.process.env).toHaveLength(CONFIG_LIMITS.listEntries);
  });

  test('one key in very many entries', () => {
    const env = Array<Json>(200_000).fill('A=');
    expect(timed(() => diffConfig({}, { process: { env } }))).toHaveLength(1);
  });

  test('very many entries that are wrong', () => {
    const mounts = Array.from({ length: 100_000 }, () => ({}));
    expect(thrown(() => parseOciConfig({ mounts })).message.length).toBeLessThan(5000);
  });
});
