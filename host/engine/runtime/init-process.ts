/** A container's first process as the host sees it. */
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** Deeper than any runtime nests its processes. */
const MAX_SEEN = 256;

/**
 * Find the process that is number 1 in a pid namespace below that of `box`.
 *
 * @param box - host pid of the first process of the namespace that the runtime is in.
 * @returns its host pid, or undefined if there is none.
 */
export function findInit(box: number): number | undefined {
  const depth = namespacePids(box).length;
  const pending = [box];
  for (let seen = 0; pending.length > 0 && seen < MAX_SEEN; seen += 1) {
    const pid = pending.shift() as number;
    const pids = namespacePids(pid);
    if (pids.length > depth && pids.at(-1) === 1) {
      return pid;
    }
    pending.push(...childrenOfThreads(pid));
  }
  return undefined;
}

/** Its number in each pid namespace, from the host's inwards. */
function namespacePids(pid: number): number[] {
  const line = /^NSpid:\s*(.*)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? '';
  return line.split(/\s+/).filter(Boolean).map(Number);
}

// A runtime written in Go forks from any of its threads.
function childrenOfThreads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Name of the program that it runs now. */
export function programOf(pid: number): string {
  return read(`/proc/${pid}/comm`).trim();
}

/** Signals whose default action is not to end the process. */
const HARMLESS: ReadonlySet<string> = new Set([
  'SIGCHLD',
  'SIGCONT',
  'SIGURG',
  'SIGWINCH',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
]);

/**
 * Whether the kernel would drop a signal that ends any other process.
 *
 * The first process of a pid namespace gets only what it has a handler for, and SIGKILL and SIGSTOP from outside.
 */
export function wouldBeLost(pid: number, name: NodeJS.Signals): boolean {
  if (name === 'SIGKILL' || HARMLESS.has(name)) {
    return false;
  }
  const status = read(`/proc/${pid}/status`);
  const bit = 1n << BigInt(constants.signals[name] - 1);
  return ['SigCgt', 'SigIgn', 'SigBlk'].every((mask) => {
    const digits = new RegExp(`^${mask}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1];
    return digits !== undefined && (BigInt(`0x${digits}`) & bit) === 0n;
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
