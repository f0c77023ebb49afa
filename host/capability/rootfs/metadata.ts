import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  openSync,
  utimesSync,
} from 'node:fs';
import { quote } from '../../errors/index.js';
import { Refusal } from '../answer.js';
import type { RootfsPolicy } from './policy.js';

/** What an entry is beside its content. */
export interface EntryMeta {
  /** Permission bits, at most 0o7777. Default 0o755 for folders, 0o644 for the rest; links have none. */
  readonly mode?: number | undefined;
  /** Owner and group, applied only with the policy's `owners`. Default 0. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Milliseconds since 1970, also negative or with a fraction. Default: when it was made. */
  readonly mtimeMs?: number | undefined;
}

/** Metadata that was checked and is ready to apply. */
export interface ExactMeta {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** What utimes(2) gets. */
  readonly mtime: number | Date | undefined;
}

/** Opens what stands there without reading or following it, and without its permission. Not in `fs.constants`. */
const O_PATH = 0o10000000;
const PERMISSIONS = 0o7777;
const SETUID_SETGID = 0o6000;
/** What 2^32 - 1 means to chown(2) is "leave it". */
const MAX_ID = 2 ** 32 - 2;
/** Of a Date; file systems cut what they cannot keep. */
const MAX_TIME_MS = 8.64e15;

/**
 * Check what a caller wants.
 *
 * @returns the metadata to apply, without set-id bits unless the policy keeps them, and whether any were dropped.
 * @throws Refusal `invalid`.
 */
export function exactMeta(
  path: string,
  meta: EntryMeta,
  defaultMode: number,
  policy: Pick<RootfsPolicy, 'setuid'>,
): { readonly meta: ExactMeta; readonly dropped: boolean } {
  const { mode = defaultMode, uid = 0, gid = 0, mtimeMs } = meta;
  const valid =
    isWithin(mode, PERMISSIONS) &&
    isWithin(uid, MAX_ID) &&
    isWithin(gid, MAX_ID) &&
    (mtimeMs === undefined || Math.abs(mtimeMs) <= MAX_TIME_MS);
  if (!valid) {
    throw new Refusal(
      'invalid',
      `Cannot create ${quote(path)} with mode ${mode}, owner ${uid}:${gid}, time ${mtimeMs}: out of range`,
    );
  }
  const dropped = !policy.setuid && (mode & SETUID_SETGID) !== 0;
  const kept = dropped ? mode & ~SETUID_SETGID : mode;
  return { meta: { mode: kept, uid, gid, mtime: mtimeMs === undefined ? undefined : timeOf(mtimeMs) }, dropped };
}

/** As seconds, which keep fractions of a millisecond; but Node takes a negative number for "now". */
function timeOf(milliseconds: number): number | Date {
  return milliseconds < 0 ? new Date(milliseconds) : milliseconds / 1000;
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

/** Apply to an open file or folder. The owner first, since changing it clears set-id bits; the time last. */
export function applyToHandle(handle: number, meta: ExactMeta, owners: boolean): void {
  if (owners) {
    fchownSync(handle, meta.uid, meta.gid);
  }
  fchmodSync(handle, meta.mode);
  if (meta.mtime !== undefined) {
    futimesSync(handle, meta.mtime, meta.mtime);
  }
}

/** The same for what stands at `pinned` and cannot or must not be opened: a file without permissions, a FIFO, a device. */
export function applyToPath(pinned: string, meta: ExactMeta, owners: boolean): void {
  withEntry(pinned, (entry) => {
    if (owners) {
      chownSync(entry, meta.uid, meta.gid);
    }
    chmodSync(entry, meta.mode);
    if (meta.mtime !== undefined) {
      utimesSync(entry, meta.mtime, meta.mtime);
    }
  });
}

/** The same for a symbolic link, never for what it points at. */
export function applyToLink(pinned: string, meta: ExactMeta, owners: boolean): void {
  if (owners) {
    lchownSync(pinned, meta.uid, meta.gid);
  }
  if (meta.mtime !== undefined) {
    lutimesSync(pinned, meta.mtime, meta.mtime);
  }
}

/**
 * Run `use` with a path of the very entry at `pinned`: chmod(2) and its like follow links, and this one leads to the entry
 * even if it is a link itself.
 */
export function withEntry<P extends string | Buffer>(pinned: P, use: (entry: string) => void): void {
  const handle = openSync(pinned, O_PATH | constants.O_NOFOLLOW);
  try {
    use(`/proc/self/fd/${handle}`);
  } finally {
    closeSync(handle);
  }
}
