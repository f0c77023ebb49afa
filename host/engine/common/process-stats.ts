import { readFileSync } from 'node:fs';
import type { ContainerStats } from '../engine.js';

/** Ticks of /proc/PID/stat: USER_HZ, which is 100 on every architecture Node runs on. */
const USEC_PER_TICK = 10_000;
const PAGE_BYTES = 4096;
/** A container with more processes than this is reported as if it had these. */
const MAX_PROCESSES = 4096;

/**
 * What the processes of a container use, for machines where it has no cgroup.
 *
 * Memory is the sum of resident sets, so shared pages count once for each process; it is a picture, not an account.
 *
 * @param init - pid of the container's first process; orphans become its children, so all hang below it.
 */
export function processStats(init: number): ContainerStats {
  let [memoryBytes, ticks, pids] = [0, 0, 0];
  const pending = [init];
  while (pending.length > 0 && pids < MAX_PROCESSES) {
    const pid = pending.pop() as number;
    const stat = read(`/proc/${pid}/stat`);
    if (stat === undefined) {
      continue;
    }
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // utime, stime, and those of children already waited for: fields 14 to 17 of proc(5).
    ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    memoryBytes += Number(read(`/proc/${pid}/statm`)?.split(' ')[1] ?? 0) * PAGE_BYTES;
    pids += 1;
    pending.push(...childrenOf(pid));
  }
  return pids === 0 ? {} : { memoryBytes, cpuUsec: ticks * USEC_PER_TICK, pids };
}

/** Pids of the children of a process's main thread, oldest first; empty once it is gone. */
export function childrenOf(pid: number): number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
