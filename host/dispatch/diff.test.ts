import { describe, expect, test } from 'vitest';
import { type Change, diffConfig } from './diff.js';
import type { JsonObject } from './json.js';

const base: JsonObject = {
  process: { args: ['sh'], env: ['PATH=/bin', 'HOME=/root'], user: { uid: 0, gid: 0 } },
  mounts: [
    { destination: '/proc', type: 'proc' },
    { destination: '/tmp', type: 'tmpfs' },
  ],
  hooks: { poststop: [{ path: '/a' }] },
};

function edited(edit: (config: JsonObject) => void): Change[] {
  const after = structuredClone(base);
  edit(after);
  return diffConfig(base, after);
}

// biome-ignore lint/suspicious/noExplicitAny: the rows reach into free-form JSON
type Loose = any;

const cases: readonly { name: string; edit: (config: Loose) => void; want: readonly string[] }[] = [
  {
    name: 'an annotation that is a setting of the runtime is no annotation to the grants',
    edit: (c) => {
      c.annotations = { 'run.oci.hooks.stdout': '/etc/passwd', 'org.systemd.property.X': '1', mine: '1' };
    },
    want: [
      '/annotations/run.oci.hooks.stdout undefined',
      '/annotations/org.systemd.property.X undefined',
      '/annotations/mine annotations',
    ],
  },
  { name: 'nothing changed', edit: () => undefined, want: [] },
  { name: 'a mount added', edit: (c) => c.mounts.push({ destination: '/x' }), want: ['mounts[/x] mounts'] },
  { name: 'a mount removed', edit: (c) => c.mounts.pop(), want: ['mounts[/tmp] mounts'] },
  {
    name: 'a mount with other options belongs to its destination',
    edit: (c) => {
      c.mounts[1].options = ['ro'];
    },
    want: ['mounts[/tmp] mounts'],
  },
  { name: 'mounts moved without other change', edit: (c) => c.mounts.reverse(), want: ['mounts order mounts'] },
  {
    name: 'a second mount on one destination belongs to that destination',
    edit: (c) => c.mounts.push({ destination: '/tmp', type: 'bind' }),
    want: ['mounts[/tmp] mounts'],
  },
  {
    name: 'a variable by its name, whatever its value holds',
    edit: (c) => {
      c.process.env[0] = 'PATH=/a=b';
    },
    want: ['env[PATH] env'],
  },
  {
    name: 'args are one thing, also when they only grow',
    edit: (c) => c.process.args.push('-c'),
    want: ['/process/args args'],
  },
  {
    name: 'a hook appended is owned by nobody',
    edit: (c) => c.hooks.poststop.push({ path: '/b' }),
    want: ['/hooks/poststop ociHooks appended'],
  },
  {
    name: 'a hook replaced is not an addition',
    edit: (c) => {
      c.hooks.poststop = [{ path: '/b' }, { path: '/c' }];
    },
    want: ['/hooks/poststop ociHooks'],
  },
  {
    name: 'an object that appears is told by its leaves',
    edit: (c) => {
      c.linux = { resources: { memory: { limit: 1, swap: 2 } } };
    },
    want: ['/linux/resources/memory/limit resources', '/linux/resources/memory/swap resources'],
  },
  {
    name: 'rules for devices and raw cgroup files are no resource limits',
    edit: (c) => {
      c.linux = { resources: { devices: [{ allow: true, access: 'rwm' }], unified: { 'cgroup.kill': '1' } } };
    },
    want: ['/linux/resources/devices undefined appended', '/linux/resources/unified/cgroup.kill undefined'],
  },
  {
    name: 'a key with a slash is escaped',
    edit: (c) => {
      c.annotations = { 'a/b~c': 'd' };
    },
    want: ['/annotations/a~1b~0c annotations'],
  },
  {
    name: 'a field that no adjustment covers has no area',
    edit: (c) => {
      c.process.noNewPrivileges = true;
    },
    want: ['/process/noNewPrivileges undefined'],
  },
  {
    name: 'a list replaced by something else is one change',
    edit: (c) => {
      c.mounts = 'none';
    },
    want: ['/mounts mounts'],
  },
];

describe('diffConfig()', () => {
  for (const { name, edit, want } of cases) {
    test(name, () => {
      const found = edited(edit).map(
        ({ thing, area, appended }) => `${thing} ${area ?? 'undefined'}${appended ? ' appended' : ''}`,
      );
      expect(found).toEqual(want);
    });
  }
});
