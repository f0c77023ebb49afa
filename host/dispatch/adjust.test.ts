import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import { type Adjustments, applyAdjustments } from './adjust.js';
import type { JsonObject } from './json.js';

const none: Adjustments = {
  mounts: [],
  env: [],
  annotations: [],
  namespaces: [],
  rlimits: [],
  devices: [],
  ociHooks: [],
};

function base(): JsonObject {
  return {
    process: { args: ['sh'], env: ['PATH=/bin'], cwd: '/' },
    mounts: [{ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [] }],
  };
}

function adjusted(edits: Partial<Adjustments>): JsonObject {
  const config = base();
  applyAdjustments(config, { ...none, ...edits });
  return config;
}

const cases: readonly { name: string; edits: Partial<Adjustments>; at: string; want: unknown }[] = [
  {
    name: 'a mount without a type is a recursive bind',
    edits: { mounts: [{ action: 'add', destination: '/etc/slurm', source: '/etc/slurm', options: ['ro'] }] },
    at: 'mounts.1',
    want: { destination: '/etc/slurm', type: 'bind', source: '/etc/slurm', options: ['rbind', 'ro'] },
  },
  {
    name: 'a plain bind stays plain',
    edits: { mounts: [{ action: 'add', destination: '/a', source: '/a', options: ['bind', 'ro'] }] },
    at: 'mounts.1.options',
    want: ['bind', 'ro'],
  },
  {
    name: 'replace keeps the place in the order of mounts',
    edits: { mounts: [{ action: 'replace', destination: '/tmp', source: '/var/tmp', options: [] }] },
    at: 'mounts.0.source',
    want: '/var/tmp',
  },
  {
    name: 'remove',
    edits: { mounts: [{ action: 'remove', destination: '/tmp', options: [] }] },
    at: 'mounts',
    want: [],
  },
  {
    name: 'remove of what is absent does nothing',
    edits: { env: [{ action: 'remove', name: 'NOT_THERE' }] },
    at: 'process.env',
    want: ['PATH=/bin'],
  },
  {
    name: 'add of the same value does nothing',
    edits: { env: [{ action: 'add', name: 'PATH', value: '/bin' }] },
    at: 'process.env',
    want: ['PATH=/bin'],
  },
  {
    name: 'replace sets what was absent',
    edits: { env: [{ action: 'replace', name: 'A', value: '1' }] },
    at: 'process.env',
    want: ['PATH=/bin', 'A=1'],
  },
  {
    name: 'annotations named like object members are only keys',
    edits: { annotations: [{ action: 'add', name: 'constructor', value: 'x' }] },
    at: 'annotations.constructor',
    want: 'x',
  },
  {
    name: 'resources go where runtime-spec has them',
    edits: { resources: { memoryLimit: 1024, pidsLimit: 5 } },
    at: 'linux.resources',
    want: { memory: { limit: 1024 }, pids: { limit: 5 } },
  },
  {
    name: 'user keeps the fields that it does not name',
    edits: { user: { uid: 5, gid: 6, additionalGids: [] } },
    at: 'process.user',
    want: { uid: 5, gid: 6 },
  },
  {
    name: 'two hooks of one stage',
    edits: {
      ociHooks: [
        { action: 'add', stage: 'poststop', path: '/a', args: [], env: [] },
        { action: 'add', stage: 'poststop', path: '/b', args: ['b'], env: [], timeout: 2 },
      ],
    },
    at: 'hooks.poststop',
    want: [{ path: '/a' }, { path: '/b', args: ['b'], timeout: 2 }],
  },
];

describe('applyAdjustments()', () => {
  for (const { name, edits, at, want } of cases) {
    test(name, () => {
      const found = at
        .split('.')
        .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], adjusted(edits));
      expect(found).toEqual(want);
    });
  }
});

const refusals: readonly { name: string; edits: Partial<Adjustments>; want: string }[] = [
  {
    name: 'add of another value',
    edits: { env: [{ action: 'add', name: 'PATH', value: '/x' }] },
    want: 'CONFIG_CONFLICT',
  },
  {
    name: 'a bind without source',
    edits: { mounts: [{ action: 'add', destination: '/a', options: [] }] },
    want: 'CONFIG_INVALID',
  },
  {
    name: 'a relative destination',
    edits: { mounts: [{ action: 'add', destination: 'a', source: '/a', options: [] }] },
    want: 'CONFIG_INVALID',
  },
  {
    name: 'a destination that climbs',
    edits: { mounts: [{ action: 'add', destination: '/a/../../b', source: '/a', options: [] }] },
    want: 'CONFIG_INVALID',
  },
  {
    name: 'a variable without a name',
    edits: { env: [{ action: 'add', name: '', value: 'x' }] },
    want: 'CONFIG_INVALID',
  },
  {
    name: 'a variable whose name holds an equals sign',
    edits: { env: [{ action: 'add', name: 'A=B', value: 'x' }] },
    want: 'CONFIG_INVALID',
  },
  {
    name: 'the one key that assignment would not store',
    edits: { annotations: [{ action: 'add', name: '__proto__', value: 'x' }] },
    want: 'CONFIG_INVALID',
  },
];

describe('applyAdjustments() refuses', () => {
  for (const { name, edits, want } of refusals) {
    test(name, () => {
      const error = (() => {
        try {
          return adjusted(edits);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toBeInstanceOf(PluginError);
      expect((error as PluginError).code).toBe(want);
    });
  }
});
