/** A process in cgroups that bear a container's id, as another engine makes them, followed to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { MonitorEvent, MonitorSession } from '../../host/dispatch/index.js';
import { followProcess, startTimeOf } from '../../host/engine/index.js';
import { eventually } from '../support/container.js';

const ROOT = '/sys/fs/cgroup';
const folders: string[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  // The last process can be in them a moment longer than it can be seen.
  expect(await eventually(() => folders.every(removed))).toBe(true);
});

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
  } catch {
    // Busy, or gone already.
  }
  return !existsSync(folder);
}

/** @returns what could be made: of version 1, or of version 2. */
function makeGroups(id: string): string[] {
  const parents = ['memory', 'pids', 'cpuacct'].map((name) => join(ROOT, name)).filter((path) => existsSync(path));
  for (const parent of parents.length === 0 ? [ROOT] : parents) {
    try {
      mkdirSync(join(parent, `followed-${id}`));
      folders.push(join(parent, `followed-${id}`));
    } catch {
      // An ordinary user may not.
    }
  }
  return folders;
}

function shell(script: string): ChildProcess {
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

test('its ticks have the figures of the cgroups, and its exit the last', async ({ skip }) => {
  const id = `wp${process.pid}x`;
  const groups = makeGroups(id);
  skip(groups.length === 0, 'no cgroup can be made here');
  // A second process, which is no child of the first, is counted by the cgroup alone.
  const [child, other] = [shell('read go; while :; do :; done'), shell('read go; exec sleep 600')];
  const pid = child.pid as number;
  for (const group of groups) {
    for (const one of [child, other]) writeFileSync(join(group, 'cgroup.procs'), `${one.pid}`);
  }
  for (const one of [child, other]) one.stdin?.write('go\n');
  const told: Omit<MonitorEvent, 'id' | 'pid' | 'uptimeMs'>[] = [];
  const session: MonitorSession = {
    active: true,
    async tell({ id: _id, pid: _pid, uptimeMs: _uptime, ...event }) {
      told.push(event);
      const ticks = told.filter((one) => one.event === 'tick').length;
      return { signal: ticks === 3 ? 'SIGKILL' : undefined, exitCode: undefined, nextTickMs: 100 };
    },
  };
  await followProcess({ id, pid, startTime: startTimeOf(pid) ?? '', session });
  other.kill('SIGKILL');
  await once(other, 'exit');
  const last = told.filter(({ event }) => event === 'tick').at(-1)?.stats;
  if (
    readFileSync('/proc/self/cgroup', 'utf8').includes('pids') ||
    existsSync(join(groups[0] as string, 'pids.current'))
  ) {
    expect(last?.pids).toBeGreaterThanOrEqual(2);
  }
  const exited = told.at(-1);
  expect(exited).toEqual({ event: 'exited', stats: { ...last, cpuUsec: expect.any(Number) } });
  expect(exited?.stats?.cpuUsec).toBeGreaterThan(last?.cpuUsec ?? Number.POSITIVE_INFINITY);
});
