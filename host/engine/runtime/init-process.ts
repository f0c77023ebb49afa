/** A container's first process as the host sees it. */
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendSignal } from '../common/index.js';

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
  const line = /^NSpid:\s*(.*)$/m.exec(statusOf(pid))?.[1] ?? '';
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
  const status = statusOf(pid);
  return ['SigCgt', 'SigIgn', 'SigBlk'].every((mask) => isIn(status, mask, name) === false);
}

const BLOCKED_POLL_MS = 5;
const BLOCKED_POLLS = 20;

/**
 * Wait while a process without a handler for a signal has it blocked, as each has for a moment when it starts another.
 *
 * What comes then is dropped when it is unblocked. Some block a signal for good, to fetch it instead: those get it after a tenth of a
 * second.
 */
export async function untilUnblocked(pid: number, name: NodeJS.Signals): Promise<void> {
  for (let poll = 0; poll < BLOCKED_POLLS && isBlockedOnly(statusOf(pid), name); poll += 1) {
    await sleep(BLOCKED_POLL_MS, undefined, { ref: false });
  }
}

function isBlockedOnly(status: string, name: NodeJS.Signals): boolean {
  return isIn(status, 'SigBlk', name) === true && ['SigCgt', 'SigIgn'].every((mask) => !isIn(status, mask, name));
}

const STOP_POLL_MS = 1;
const STOP_POLLS = 1000;

/**
 * Do something while a process that handles a signal can neither stop handling it nor become another program.
 *
 * A shell has handlers that the program which it becomes (`exec`) has not: the kernel drops a signal that comes in between, and nobody
 * would stand in for its default action. A process that is stopped is never amid that, and takes its signals when it goes on.
 *
 * @param act - is called once, at the latest after about a second: a process that waits for a disk does not stop.
 */
export async function withHandlersHeld(pid: number, name: NodeJS.Signals, act: () => void): Promise<void> {
  // To go on after a stop takes back whatever else was to stop it.
  if (HARMLESS.has(name) || isIn(statusOf(pid), 'SigCgt', name) !== true || isStopped(pid)) {
    act();
    return;
  }
  sendSignal(pid, 'SIGSTOP');
  try {
    for (let poll = 0; poll < STOP_POLLS && !isStopped(pid) && !hasEnded(pid); poll += 1) {
      await sleep(STOP_POLL_MS, undefined, { ref: false });
    }
    act();
  } finally {
    sendSignal(pid, 'SIGCONT');
  }
}

/** @returns undefined for a process that is gone. */
function isIn(status: string, mask: string, name: NodeJS.Signals): boolean | undefined {
  const digits = new RegExp(`^${mask}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1];
  const bit = 1n << BigInt(constants.signals[name] - 1);
  return digits === undefined ? undefined : (BigInt(`0x${digits}`) & bit) !== 0n;
}

function isStopped(pid: number): boolean {
  return /^State:\s*[Tt]/m.test(statusOf(pid));
}

function hasEnded(pid: number): boolean {
  return !/^State:\s*[^ZX]/m.test(statusOf(pid));
}

function statusOf(pid: number): string {
  return read(`/proc/${pid}/status`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
