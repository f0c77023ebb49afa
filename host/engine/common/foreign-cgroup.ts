/** The cgroups that another engine made for a container, found by the container's id. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Controller, Group } from './cgroup-stats.js';

const ROOT = '/sys/fs/cgroup';
const FIGURES: readonly Controller[] = ['memory', 'pids', 'cpuacct'];

/**
 * Where a process is counted, by controller.
 *
 * @param text - its /proc/PID/cgroup.
 * @param id - only a cgroup that bears it is the container's: what has none of its own is in that of its engine, with others.
 * @param root - default `/sys/fs/cgroup`.
 */
export function foreignCgroups(text: string, id: string, root: string = ROOT): ReadonlyMap<Controller, Group> {
  const groups = new Map<Controller, Group>();
  // Mounted alone, or beside those of version 1.
  const unified = [root, join(root, 'unified')].find((folder) => existsSync(join(folder, 'cgroup.controllers')));
  for (const line of text.split('\n')) {
    const [, names = '', path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    const own = path === undefined ? undefined : ownFolder(path, id);
    if (own === undefined) continue;
    for (const controller of FIGURES) {
      if (names.split(',').includes(controller)) {
        groups.set(controller, { version: 1, folder: join(root, controller, own) });
      } else if (names === '' && unified !== undefined && !groups.has(controller)) {
        groups.set(controller, { version: 2, folder: join(unified, own) });
      }
    }
  }
  return groups;
}

/** @returns undefined if there is none, or it cannot be read. */
export function cgroupText(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return '';
  }
}

/** The part of a path that ends with the container's own cgroup: a command that divides it further is below. */
function ownFolder(path: string, id: string): string | undefined {
  const names = path.split('/');
  // Through `..` a process of another cgroup namespace would lead out of the tree.
  if (id === '' || names.includes('..')) return undefined;
  const at = names.findIndex((name) => isOf(name, id));
  return at === -1 ? undefined : names.slice(0, at + 1).join('/');
}

/** `ID`, as it is or as the last part of a name: `libpod-ID`, `cri-containerd-ID.scope`, `crio-ID`. */
function isOf(name: string, id: string): boolean {
  const plain = name.endsWith('.scope') ? name.slice(0, -'.scope'.length) : name;
  return plain === id || (/[-:]$/.test(plain.slice(0, -id.length)) && plain.endsWith(id));
}
