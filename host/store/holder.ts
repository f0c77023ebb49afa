/**
 * Who holds a lock, told so that others can see whether it still runs.
 *
 * A process id alone is not enough: ids are used again, mean nothing after a reboot, and something else in another container
 * or on another machine that shares the folder.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from './io-error.js';

export interface Holder {
  /** Unique to this one attempt to lock. */
  readonly token: string;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot; empty where there is no /proc. */
  readonly started: string;
  readonly bootId: string;
  /** The process id namespace, as the kernel names it: `pid:[4026531836]`. */
  readonly pidNamespace: string;
  readonly host: string;
}

/** Whether a holder still runs: `unknown` if it does so, or did, where this process cannot look. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** This process. */
export function thisProcess(token: string): Holder {
  return {
    token,
    pid: process.pid,
    started: startOf(process.pid)?.started ?? '',
    bootId: readOr('/proc/sys/kernel/random/boot_id'),
    pidNamespace: linkOr('/proc/self/ns/pid'),
    host: readOr('/proc/sys/kernel/hostname'),
  };
}

/** @param self - from `thisProcess`. */
export function livenessOf(holder: Holder, self: Holder): Liveness {
  if (holder.bootId !== self.bootId) {
    // The same machine after a reboot, or another machine: only in the first case is nothing left of the holder.
    return holder.host === self.host ? 'dead' : 'unknown';
  }
  if (holder.pidNamespace !== self.pidNamespace) {
    return 'unknown';
  }
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') {
      return 'dead';
    }
  }
  const found = startOf(holder.pid);
  if (found === undefined) {
    // It runs, but /proc hides it (hidepid) or is not mounted.
    return 'alive';
  }
  return found.started === holder.started && !found.ended ? 'alive' : 'dead';
}

/** @returns the holder in the text of a lock file, or undefined if it is none. */
export function parseHolder(text: string): Holder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const holder = value as Partial<Record<keyof Holder, unknown>> | null;
  if (typeof holder !== 'object' || holder === null || typeof holder.token !== 'string') {
    return undefined;
  }
  const { token, pid, started, bootId, pidNamespace, host } = holder;
  const texts = [started, bootId, pidNamespace, host];
  return /^[0-9a-f]{32}$/.test(token) && isPid(pid) && texts.every((item) => typeof item === 'string')
    ? (holder as Holder)
    : undefined;
}

/** Signal 0 to an id below 1 would ask about a whole group of processes. */
function isPid(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31;
}

function startOf(pid: number): { started: string; ended: boolean } | undefined {
  const stat = readOr(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return started === undefined ? undefined : { started, ended: state === 'Z' || state === 'X' };
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function linkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
