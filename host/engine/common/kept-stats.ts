import type { ContainerStats } from '../engine.js';

/** The figures of one container, also when it has ended. */
export interface KeptStats {
  /** What it uses now; after `end`, what was known last. */
  read(): ContainerStats;
  /** It has ended, and its cgroups are still there. */
  end(): void;
}

/**
 * What it used in the end: the CPU time of its cgroup, which still has it when all processes are gone; of memory and processes, which
 * are none then, what was read last.
 *
 * @param now - figures of its processes and cgroup; asked while it runs.
 * @param cgroup - those of its cgroup alone.
 */
export function keepStats(now: () => ContainerStats, cgroup: () => ContainerStats): KeptStats {
  let last: ContainerStats = {};
  let ended = false;
  return {
    read() {
      const figures = ended ? {} : now();
      // Without processes it has ended, and nobody has been told yet.
      if (figures.pids) last = figures;
      return last;
    },
    end() {
      if (ended) return;
      ended = true;
      const { cpuUsec } = cgroup();
      // Another container's, if a cgroup of that name was made anew.
      if (cpuUsec !== undefined && cpuUsec >= (last.cpuUsec ?? 0)) last = { ...last, cpuUsec };
    },
  };
}
