/** Which of a process's cgroups are the container's, by its /proc/PID/cgroup as podman, containerd and Kubernetes leave it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { foreignCgroups } from './foreign-cgroup.js';

const base = mkdtempSync(join(tmpdir(), 'wasm-plugin-foreign-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const ID = '4f'.repeat(32);
const v1 = (path: string) => `9:name=systemd:${path}\n4:memory:${path}\n3:cpu,cpuacct:${path}\n1:pids:${path}\n`;

const cases: readonly {
  readonly name: string;
  readonly text: string;
  readonly id?: string;
  /** Where a tree of version 2 is mounted. */
  readonly unified?: string;
  readonly want: Readonly<Record<string, string>>;
}[] = [
  {
    name: 'podman, version 2, systemd: without the part that the container made',
    text: `0::/machine.slice/libpod-${ID}.scope/container/init.scope\n`,
    unified: '',
    want: {
      memory: `2 /machine.slice/libpod-${ID}.scope`,
      pids: `2 /machine.slice/libpod-${ID}.scope`,
      cpuacct: `2 /machine.slice/libpod-${ID}.scope`,
    },
  },
  {
    name: 'Kubernetes, version 1',
    text: v1(`/kubepods/burstable/pod1/cri-containerd-${ID}.scope`),
    want: {
      memory: `1 /memory/kubepods/burstable/pod1/cri-containerd-${ID}.scope`,
      pids: `1 /pids/kubepods/burstable/pod1/cri-containerd-${ID}.scope`,
      cpuacct: `1 /cpuacct/kubepods/burstable/pod1/cri-containerd-${ID}.scope`,
    },
  },
  {
    name: 'both versions: what version 1 counts is taken from there',
    text: `4:memory:/default/web\n0::/default/web\n`,
    id: 'web',
    unified: 'unified',
    want: { memory: '1 /memory/default/web', pids: '2 /unified/default/web', cpuacct: '2 /unified/default/web' },
  },
  { name: 'a container in the cgroup of its engine', text: v1('/user.slice/session-1.scope'), want: {} },
  { name: 'an id that only ends like another', text: v1('/default/myweb'), id: 'web', want: {} },
  { name: 'a path that leads out of what can be seen', text: v1(`/../${ID}`), want: {} },
  { name: 'no id', text: v1('/'), id: '', want: {} },
  { name: 'a process that is gone', text: '', want: {} },
];
for (const { name, text, id = ID, unified, want } of cases) {
  test(`foreignCgroups(): ${name}`, () => {
    const root = mkdtempSync(join(base, 'root-'));
    if (unified !== undefined) {
      mkdirSync(join(root, unified), { recursive: true });
      writeFileSync(join(root, unified, 'cgroup.controllers'), '');
    }
    const found = [...foreignCgroups(text, id, root)];
    const told = found.map(([controller, { version, folder }]) => [
      controller,
      `${version} ${folder.slice(root.length)}`,
    ]);
    expect(Object.fromEntries(told)).toEqual(want);
  });
}
