/** What a container's cgroups say of it: version 1, version 2, or some of each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerStats } from '../engine.js';

export type Controller = 'memory' | 'pids' | 'cpu' | 'cpuacct' | 'cpuset';

/** A cgroup of the container's own. */
export interface Group {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** @returns what could be read; a figure that a file does not give, or not as a number, is absent. */
export function readCgroupStats(groups: ReadonlyMap<Controller, Group>): ContainerStats {
  const memoryBytes = readFigure(groups.get('memory'), 'memory.usage_in_bytes', 'memory.current');
  const pids = readFigure(groups.get('pids'), 'pids.current', 'pids.current');
  const nanoseconds = readFigure(groups.get('cpuacct'), 'cpuacct.usage', undefined);
  const cpuUsec = nanoseconds === undefined ? readUnifiedCpu([...groups.values()]) : Math.round(nanoseconds / 1000);
  return {
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(cpuUsec === undefined ? {} : { cpuUsec }),
    ...(pids === undefined ? {} : { pids }),
  };
}

function readFigure(group: Group | undefined, v1: string, v2: string | undefined): number | undefined {
  const file = group?.version === 1 ? v1 : v2;
  return group === undefined || file === undefined ? undefined : figureIn(group, file, /^(\d+)\s*$/);
}

// Version 2 counts CPU time in every cgroup, with or without the controller.
function readUnifiedCpu(groups: readonly Group[]): number | undefined {
  const group = groups.find(({ version }) => version === 2);
  return group === undefined ? undefined : figureIn(group, 'cpu.stat', /^usage_usec (\d+)$/m);
}

/** Larger than what a message carries exactly is as good as unknown. */
function figureIn({ folder }: Group, file: string, pattern: RegExp): number | undefined {
  try {
    const digits = pattern.exec(readFileSync(join(folder, file), 'utf8'))?.[1];
    const figure = digits === undefined ? Number.NaN : Number(digits);
    return Number.isSafeInteger(figure) ? figure : undefined;
  } catch {
    return undefined;
  }
}
