/** A container that somebody else started, watched through /proc alone. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MonitorSession } from '../dispatch/index.js';
import { cgroupText, exitStatus, foreignCgroups, keepStats, processStats, readCgroupStats } from './common/index.js';
import { watchExitNote } from './exit-note.js';
import { createReporter } from './run-container.js';

/** Somebody waits for nothing while this passes: the container has ended, and its monitors hear of it a little later. */
const LOOK_EVERY_MS = 50;

export interface FollowedProcess {
  readonly id: string;
  readonly pid: number;
  /** What `startTimeOf` said of the process, which tells it from a later one with its number. */
  readonly startTime: string;
  readonly session: MonitorSession;
}

/**
 * Tell the monitors of a container's life until it ends.
 *
 * How it ended only its parent knows: `exited` comes without an exit code unless that one is a conmon, and one that a monitor sets
 * changes nothing.
 */
export async function followProcess({ id, pid, startTime, session }: FollowedProcess): Promise<void> {
  const startedAt = performance.now();
  const alive = () => startTimeOf(pid) === startTime;
  const note = watchExitNote(pid, id);
  const groups = foreignCgroups(cgroupText(pid), id);
  const cgroup = () => readCgroupStats(groups);
  const figures = keepStats(() => (alive() ? { ...processStats(pid), ...cgroup() } : {}), cgroup);
  const container = {
    pid,
    stats: figures.read,
    signal(name: NodeJS.Signals) {
      if (alive()) send(pid, name);
    },
  };
  const reporter = createReporter(session, container, id, () => Math.round(performance.now() - startedAt));
  reporter.report({ event: 'started' });
  while (alive()) {
    await sleep(LOOK_EVERY_MS);
  }
  // Unless the engine has removed its cgroup by now.
  figures.end();
  const exitCode = await note?.code();
  note?.close();
  await reporter.finish(exitCode === undefined ? {} : exitStatus(exitCode, null));
}

/**
 * When a process started, in ticks since the machine did.
 *
 * @returns undefined if there is none, also for one that has ended and waits for its parent to hear of it.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program may hold anything; what follows its last parenthesis starts with field 3, the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return /^[ZX]/.test(fields[0] as string) ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, constants.signals[name]);
  } catch {
    // It has ended meanwhile.
  }
}
