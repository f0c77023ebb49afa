/**
 * One writer at a time, across processes; a killed writer blocks nobody.
 *
 * A lock is a file that names its holder (host/store/holder.ts). It is taken by linking a complete file to its name, which
 * fails if the name exists, and given back by removing it.
 *
 * Taking over the lock T of a dead holder must be done by one process alone: two that both saw T dead would else remove each
 * other's. So that right is a lock itself, `lock.after-T`, taken in the same way, dead holders included. Its holder looks again
 * whether the lock is still T, which only it may now replace, and renames its own file over it. T never comes back, so who
 * gets `lock.after-T` too late sees another lock and leaves.
 *
 *   free --link--> T --unlink--> free
 *                  T (holder dead) --link lock.after-T, look again, rename over--> U --unlink--> free
 *
 * Holders in another process id namespace or on another machine cannot be looked at. They count as alive until the lock is old.
 */
import {
  closeSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import { randomToken } from './hash.js';
import type { Holder } from './holder.js';
import { livenessOf, parseHolder, thisProcess } from './holder.js';
import { errnoOf, ioError } from './io-error.js';

/** That many processes in a row would have to die between the same two system calls. */
const MAX_DEPTH = 8;
/** A change takes seconds; a lock that nobody can vouch for and that is older than this is taken over. */
const UNKNOWN_IS_DEAD_AFTER_MS = 15 * 60 * 1000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

export interface Lock {
  /** Give it back. Never throws: if that fails, this process ends some time, and its lock with it. */
  release(): void;
}

/** What one look at the lock found. */
type Attempt = { readonly lock: Lock } | { readonly heldBy: Holder | undefined };

/**
 * Take a lock, waiting for it without blocking the event loop.
 *
 * @param path - of the lock file; its folder exists.
 * @throws PluginError `STORE_LOCKED` after `timeoutMs`, naming the holder; `STORE_REFUSED` or `IO_FAILED` if no lock can be made.
 */
export async function takeLock(path: string, timeoutMs: number): Promise<Lock> {
  const patience = waiting(path, timeoutMs);
  for (;;) {
    const attempt = tryLock(path);
    if ('lock' in attempt) {
      return attempt.lock;
    }
    await new Promise((resolve) => setTimeout(resolve, patience(attempt.heldBy)));
  }
}

/** `takeLock` for callers that cannot wait: blocks the thread. */
export function takeLockSync(path: string, timeoutMs: number): Lock {
  const patience = waiting(path, timeoutMs);
  const sleep = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    const attempt = tryLock(path);
    if ('lock' in attempt) {
      return attempt.lock;
    }
    Atomics.wait(sleep, 0, 0, patience(attempt.heldBy));
  }
}

/** @returns a function that answers how long to wait before the next attempt, in ms, or throws when time is up. */
function waiting(path: string, timeoutMs: number): (holder: Holder | undefined) => number {
  const deadline = performance.now() + timeoutMs;
  let pause = FIRST_PAUSE_MS;
  return (holder) => {
    if (performance.now() >= deadline) {
      throw locked(path, timeoutMs, holder);
    }
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    // Spread, or processes that started together would keep meeting.
    return pause * (0.5 + Math.random() / 2);
  };
}

function locked(path: string, timeoutMs: number, holder: Holder | undefined): PluginError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${quote(holder.host)}`;
  return new PluginError('STORE_LOCKED', `Cannot change the store: ${who} has been changing it for ${timeoutMs} ms`, {
    hint: `Wait for it to finish; if it does not run any more, remove ${path}.`,
    details: { path, timeoutMs, ...(holder === undefined ? {} : { pid: holder.pid, host: holder.host }) },
  });
}

/**
 * Remove what killed processes left beside a lock. Only for its holder: what they had the right to take over is then gone, so
 * it does not matter who else comes too late for it.
 */
export function sweepLocks(path: string): void {
  const [folder, prefix] = [dirname(path), `${basename(path)}.`];
  const left = readdirSync(folder).filter((name) => name.startsWith(prefix));
  if (left.length === 0) {
    return;
  }
  const self = thisProcess(randomToken());
  for (const name of left) {
    const found = readLock(join(folder, name));
    if (found !== undefined && isDead(found, self, path)) {
      removeIfThere(join(folder, name));
    }
  }
}

function tryLock(path: string): Attempt {
  try {
    return tryLockAt(path, thisProcess(randomToken()), 0);
  } catch (error) {
    throw ioError('lock the store', path, error);
  }
}

function tryLockAt(path: string, self: Holder, depth: number): Attempt {
  const temp = `${path}.new-${self.token}`;
  try {
    writeFileSync(temp, JSON.stringify(self), { flag: 'wx', mode: 0o644 });
    if (linked(temp, path)) {
      return { lock: lockAt(path, self) };
    }
    const found = readLock(path);
    if (found === undefined || depth === MAX_DEPTH || !isDead(found, self, temp)) {
      return { heldBy: found?.holder };
    }
    return takeOver(path, found, temp, self, depth);
  } finally {
    removeIfThere(temp);
  }
}

/** @param found - the lock of a dead holder. */
function takeOver(path: string, found: FoundLock, temp: string, self: Holder, depth: number): Attempt {
  const right = tryLockAt(`${path}.after-${found.token}`, self, depth + 1);
  if (!('lock' in right)) {
    return { heldBy: found.holder };
  }
  try {
    if (readLock(path)?.token !== found.token) {
      return { heldBy: undefined };
    }
    renameSync(temp, path);
    return { lock: lockAt(path, self) };
  } finally {
    right.lock.release();
  }
}

function lockAt(path: string, self: Holder): Lock {
  return {
    release() {
      try {
        // Somebody may have taken it over after a very long time; theirs must stay.
        if (readLock(path)?.token === self.token) {
          unlinkSync(path);
        }
      } catch {
        // See the interface.
      }
    },
  };
}

interface FoundLock {
  readonly holder: Holder | undefined;
  /** The holder's, or one made up from the file for a lock that was torn by a crash of the machine. */
  readonly token: string;
  readonly mtimeMs: number;
}

function readLock(path: string): FoundLock | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
  try {
    const { ino, mtimeNs, mtimeMs } = fstatSync(file, { bigint: true });
    const holder = parseHolder(readFileSync(file, 'utf8'));
    return { holder, token: holder?.token ?? `torn-${ino}-${mtimeNs}`, mtimeMs: Number(mtimeMs) };
  } finally {
    closeSync(file);
  }
}

/** @param justMade - a file just made beside the lock: its time is on the same clock as the lock's, wherever the disk is. */
function isDead(found: FoundLock, self: Holder, justMade: string): boolean {
  // Locks are linked when they are complete, so one that is not is from before the machine went down.
  const liveness = found.holder === undefined ? 'dead' : livenessOf(found.holder, self);
  return liveness === 'unknown'
    ? lstatSync(justMade).mtimeMs - found.mtimeMs > UNKNOWN_IS_DEAD_AFTER_MS
    : liveness === 'dead';
}

function linked(temp: string, path: string): boolean {
  try {
    linkSync(temp, path);
    return true;
  } catch (error) {
    switch (errnoOf(error)) {
      case 'EEXIST':
        // NFS may repeat a request that succeeded and report the repetition: then the file has two names.
        return lstatSync(temp).nlink === 2;
      case 'ENOENT':
        // A writer that cleaned up took the file for a left-over; the next attempt makes a new one.
        return false;
      default:
        throw error;
    }
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It became the lock, or stays behind until `sweepLocks`.
  }
}
