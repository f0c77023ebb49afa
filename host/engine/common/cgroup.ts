/**
 * A cgroup for one container, by plain files: version 1, version 2, or both side by side.
 *
 * Nothing here is required: an ordinary user mostly cannot write to cgroups. What cannot be limited is told, not hidden.
 * Interfaces: kernel documentation, "Control Group v2" and "Control Groups version 1".
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OciResources } from '../../oci/index.js';
import type { ContainerStats } from '../engine.js';
import { type Controller, type Group, readCgroupStats } from './cgroup-stats.js';
import { removeCgroup } from './run-directory.js';

const ROOT = '/sys/fs/cgroup';
const CONTROLLERS: readonly Controller[] = ['memory', 'pids', 'cpu', 'cpuacct', 'cpuset'];

/** Made also without limits, to tell what the container uses. */
const FOR_STATS: readonly Controller[] = ['memory', 'pids', 'cpuacct'];

export interface Cgroup {
  /** Folders made for the container, to be removed after it. */
  readonly folders: readonly string[];
  /** Put a process in; its later children follow. */
  join(pid: number): void;
  stats(): ContainerStats;
  /** @returns folders that are still there, since a process is in them. */
  remove(): string[];
}

/** Where {@link createCgroup} makes folders, or may: known, so that they can be removed, before the first one is there. */
export function cgroupFolders(id: string): string[] {
  const own = ownGroups();
  const name = nameOf(id);
  const unified = own.get('');
  return [
    ...CONTROLLERS.flatMap((controller) => {
      const group = own.get(controller);
      return group === undefined ? [] : [join(ROOT, controller, group, name)];
    }),
    ...(unified === undefined ? [] : [join(ROOT, unified, name), join(ROOT, dirname(unified), name)]),
  ];
}

/**
 * Make a cgroup and write the limits.
 *
 * @param id - unique; part of the folder's name.
 * @param onWarning - told of each limit that could not be set, with the reason.
 */
export function createCgroup(id: string, resources: OciResources, onWarning: (text: string) => void): Cgroup {
  const name = nameOf(id);
  const groups = new Map<Controller, Group>();
  const why = new Map<Controller, string>();
  const limits = limitsOf(resources);
  for (const controller of CONTROLLERS) {
    if (!FOR_STATS.includes(controller) && limits.every((limit) => limit.controller !== controller)) {
      continue;
    }
    const made = tryMake(controller, name);
    if (typeof made === 'string') {
      why.set(controller, made);
    } else {
      groups.set(controller, made);
    }
  }
  for (const limit of limits) {
    const group = groups.get(limit.controller);
    const problem = group === undefined ? why.get(limit.controller) : writeLimit(group, limit);
    if (problem !== undefined) {
      onWarning(`the limit ${limit.what} is not applied: ${problem}`);
    }
  }
  const folders = [...new Set([...groups.values()].map(({ folder }) => folder))];
  return {
    folders,
    join(pid) {
      for (const folder of folders) {
        try {
          writeFileSync(join(folder, 'cgroup.procs'), `${pid}`);
        } catch (error) {
          onWarning(`the limits of ${folder} are not applied: ${reason(error)}`);
        }
      }
    },
    stats: () => readCgroupStats(groups),
    remove: () => folders.filter((folder) => !removeCgroup(folder)),
  };
}

function nameOf(id: string): string {
  return `wasm-plugin-${id}`;
}

interface Limit {
  readonly what: string;
  readonly controller: Controller;
  /** File and text for each version. */
  readonly v1: readonly [file: string, text: string];
  readonly v2: readonly [file: string, text: string];
}

function limitsOf({ memory, pids, cpu }: OciResources): Limit[] {
  const limits: Limit[] = [];
  const add = (what: string, controller: Controller, v1: Limit['v1'], v2: Limit['v2']) => {
    limits.push({ what, controller, v1, v2 });
  };
  if (memory?.limit !== undefined) {
    const { limit } = memory;
    add('memory.limit', 'memory', ['memory.limit_in_bytes', `${limit}`], ['memory.max', orMax(limit)]);
  }
  if (memory?.swap !== undefined) {
    const { swap, limit = 0 } = memory;
    // Version 1 counts memory and swap together, version 2 swap alone.
    const swapOnly = swap < 0 ? swap : Math.max(0, swap - Math.max(0, limit));
    add('memory.swap', 'memory', ['memory.memsw.limit_in_bytes', `${swap}`], ['memory.swap.max', orMax(swapOnly)]);
  }
  if (pids !== undefined && pids.limit !== 0) {
    add('pids.limit', 'pids', ['pids.max', orMax(pids.limit)], ['pids.max', orMax(pids.limit)]);
  }
  if (cpu?.shares !== undefined && cpu.shares > 0) {
    // 2..262144 onto 1..10000, as the other runtimes do.
    const weight = Math.round(1 + ((Math.max(2, cpu.shares) - 2) * 9999) / 262142);
    add('cpu.shares', 'cpu', ['cpu.shares', `${cpu.shares}`], ['cpu.weight', `${weight}`]);
  }
  const period = cpu?.period;
  if (period !== undefined && period > 0) {
    add('cpu.period', 'cpu', ['cpu.cfs_period_us', `${period}`], ['cpu.max', `max ${period}`]);
  }
  if (cpu?.quota !== undefined && cpu.quota !== 0) {
    const max = `${orMax(cpu.quota)} ${period || 100_000}`;
    add('cpu.quota', 'cpu', ['cpu.cfs_quota_us', `${cpu.quota}`], ['cpu.max', max]);
  }
  if (cpu?.mems) {
    add('cpu.mems', 'cpuset', ['cpuset.mems', cpu.mems], ['cpuset.mems', cpu.mems]);
  }
  if (cpu?.cpus) {
    add('cpu.cpus', 'cpuset', ['cpuset.cpus', cpu.cpus], ['cpuset.cpus', cpu.cpus]);
  }
  return limits;
}

function orMax(value: number): string {
  return value < 0 ? 'max' : `${value}`;
}

function writeLimit({ version, folder }: Group, limit: Limit): string | undefined {
  const [file, text] = version === 1 ? limit.v1 : limit.v2;
  try {
    writeFileSync(join(folder, file), text);
    return undefined;
  } catch (error) {
    return reason(error);
  }
}

/** @returns the container's folder for a controller, or why there is none. */
function tryMake(controller: Controller, name: string): Group | string {
  const own = ownGroups();
  const v1 = own.get(controller);
  try {
    if (v1 !== undefined && existsSync(join(ROOT, controller))) {
      const folder = join(ROOT, controller, v1, name);
      mkdirSync(folder);
      if (controller === 'cpuset') {
        inheritCpuset(folder);
      }
      return { version: 1, folder };
    }
    const unified = own.get('');
    const root = existsSync(join(ROOT, 'cgroup.controllers')) ? ROOT : undefined;
    if (unified === undefined || root === undefined || controller === 'cpuacct') {
      return `the machine has no ${controller} cgroup here`;
    }
    return makeUnified(controller, root, unified, name);
  } catch (error) {
    return `the ${controller} cgroup is not writable (${reason(error)})`;
  }
}

// A cgroup with processes in it cannot hand controllers to children, so ours becomes a sibling where it cannot be a child.
function makeUnified(controller: Controller, root: string, own: string, name: string): Group | string {
  for (const parent of new Set([join(root, own), join(root, dirname(own))])) {
    const control = join(parent, 'cgroup.subtree_control');
    if (!readFileSync(control, 'utf8').split(/\s+/).includes(controller)) {
      try {
        writeFileSync(control, `+${controller}`);
      } catch {
        continue;
      }
    }
    try {
      const folder = join(parent, name);
      mkdirSync(folder, { recursive: true });
      return { version: 2, folder };
    } catch (error) {
      return `the ${controller} cgroup is not writable (${reason(error)})`;
    }
  }
  return `the ${controller} controller is not handed down to a cgroup of ours`;
}

// A new cpuset of version 1 is empty and takes no process.
function inheritCpuset(folder: string): void {
  try {
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      writeFileSync(join(folder, file), readFileSync(join(dirname(folder), file), 'utf8').trim());
    }
  } catch (error) {
    removeCgroup(folder);
    throw error;
  }
}

/** Our own cgroup by controller; `''` is version 2. */
function ownGroups(): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    for (const controller of (controllers ?? '').split(',')) {
      if (path !== undefined) {
        groups.set(controller, path);
      }
    }
  }
  return groups;
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
