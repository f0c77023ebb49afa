import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import { type Adjustments, applyAdjustments } from './adjust.js';
import { diffConfig } from './diff.js';
import { deviceOnHost } from './host-device.js';
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

const NULL_DEVICE = { type: 'c', major: 1, minor: 3 };

function adjusted(edits: Partial<Adjustments>): JsonObject {
  const config = base();
  applyAdjustments(config, { ...none, ...edits }, { deviceOnHost: () => NULL_DEVICE });
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
    name: 'remove of a path that is written in another way',
    edits: { mounts: [{ action: 'remove', destination: '//tmp/./', options: [] }] },
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
    name: 'a limit of -1 is the greatest number there is',
    edits: { rlimits: [{ action: 'add', type: 'RLIMIT_NPROC', soft: 5, hard: -1 }] },
    at: 'process.rlimits.0',
    want: { type: 'RLIMIT_NPROC', soft: 5, hard: 2 ** 64 },
  },
  {
    name: 'a device without a type has the numbers of the host’s',
    edits: { devices: [{ action: 'add', path: '/dev/null', fileMode: 0o600 }] },
    at: 'linux.devices.0',
    want: { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o600 },
  },
  {
    name: 'a device with a type is as it says',
    edits: { devices: [{ action: 'add', path: '/dev/x', type: 'b', major: 7, minor: 0 }] },
    at: 'linux.devices.0',
    want: { path: '/dev/x', type: 'b', major: 7, minor: 0 },
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

describe('an add of what is there with another value', () => {
  const edits: Adjustments = {
    ...none,
    env: [{ action: 'add', name: 'PATH', value: '/x' }],
    annotations: [{ action: 'add', name: 'a/b', value: 'new' }],
    ociHooks: [{ action: 'add', stage: 'poststop', path: '/h', args: ['h', '2'], env: [] }],
  };
  const start = (): JsonObject => ({
    ...base(),
    annotations: { 'a/b': 'old' },
    hooks: { poststop: [{ path: '/h', args: ['h', '1'] }] },
  });

  test('names both values', () => {
    expect(() => adjusted({ env: edits.env })).toThrow(
      'Cannot add variable "PATH" as "PATH=/x": the container has it already, as "PATH=/bin"',
    );
  });

  test('asks who put it there, by the name that the comparison gives it, and replaces it if it may', () => {
    const asked: unknown[] = [];
    const config = start();
    applyAdjustments(config, edits, { mayReplace: (contest) => asked.push(contest) > 0 });
    expect(asked).toEqual([
      { thing: 'env[PATH]', before: 'PATH=/bin', after: 'PATH=/x' },
      { thing: '/annotations/a~1b', before: 'old', after: 'new' },
      {
        thing: '/hooks/poststop',
        before: { path: '/h', args: ['h', '1'] },
        after: { path: '/h', args: ['h', '2'] },
      },
    ]);
    expect(config).toMatchObject({ process: { env: ['PATH=/x'] }, annotations: { 'a/b': 'new' } });
    expect(diffConfig(start(), config).map(({ thing }) => thing)).toEqual([
      'env[PATH]',
      '/annotations/a~1b',
      '/hooks/poststop',
    ]);
  });
});

describe('deviceOnHost()', () => {
  test('reads type and numbers', () => expect(deviceOnHost('/dev/null')).toEqual(NULL_DEVICE));

  for (const path of ['/dev/not-there', '/dev', '/etc/passwd', '/etc/passwd/x', `/${'x'.repeat(300)}`]) {
    test(`says the same of ${path.slice(0, 20)}`, () => {
      expect(() => deviceOnHost(path)).toThrow(/^Cannot take the type of .* from the host: it has no such device$/);
    });
  }
});
