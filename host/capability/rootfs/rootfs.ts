import type { EntryMeta } from './metadata.js';
import type { SpecialKind } from './special.js';

/** What was done so far. */
export interface RootfsUsage {
  readonly entries: number;
  readonly bytes: number;
  /** Entries that lost a set-user-id or set-group-id bit. */
  readonly setuidDropped: number;
  /** An operation was refused because no room is left, or less than the policy wants free. */
  readonly full: boolean;
}

/**
 * A root that is being made.
 *
 * A path is relative, `etc/passwd`, of names only: no empty part, `.` or `..`. Parent folders that are missing are made, as root's with
 * mode 0o755. A link on the way to the last part is followed inside the root. Where an entry stands already, a folder
 * keeps what is in it when it is made again, and everything else is removed first, a folder with all below it.
 *
 * Every method throws Refusal: `invalid` for a request that makes no sense, `denied` against the policy, `limit` beyond it,
 * `missing`, and after which the root can still be used. After `limit` because the disk is full and after `failed`, which
 * are the system's, all but `abort` refuse: nobody must take half a file for the whole.
 */
export interface Rootfs {
  /** Make a folder, or change what is beside the content of one that is there. The path `.` is the root itself. */
  directory(path: string, meta?: EntryMeta): void;
  /** Make a file with its content. */
  file(path: string, meta: EntryMeta, data: Uint8Array): void;
  /** Begin a file. @returns a number for `write` and `finish`, which name this very file also when another takes its place. */
  openFile(path: string, meta?: EntryMeta): number;
  /** Append to a file that was begun. @param bytes - not kept. */
  write(file: number, bytes: Uint8Array): void;
  /** Apply mode, owner and time to a file that was begun: nothing more can be written. */
  finish(file: number): void;
  /** Make a symbolic link with any target. Its mode is always 0o777. */
  symlink(path: string, target: string, meta?: EntryMeta): void;
  /** Give a regular file of this root a second name. @param existing - a path like the others; if a link stands there it is refused. */
  hardlink(path: string, existing: string): void;
  /** Make a device or FIFO, with the policy's `devices`. @param major, minor - 0 for a FIFO. */
  special(path: string, kind: SpecialKind, meta?: EntryMeta, major?: number, minor?: number): void;
  /** Set mode, owner and time of what is there, for a link the link's. */
  setMeta(path: string, meta: EntryMeta): void;
  /** The same path without links on the way to its last part; undefined if something on the way is not there. */
  real(path: string): string | undefined;
  /** Remove an entry and all below it. @returns whether there was one. Makes no parent folders. */
  remove(path: string): boolean;
  /**
   * Remove what is in a folder; nothing if it is not there.
   *
   * @param keep - asked for everything but folders, and for folders that would be empty, with `path/…` as in `path`. Default: nothing.
   */
  clear(path: string, keep?: (path: string) => boolean): void;
  readonly usage: RootfsUsage;
  /** Set modes, owners and times of folders, and let go. @throws Refusal `invalid` if a file was not finished. */
  close(): void;
  /** Remove everything that was made; the folder stays, empty. Nothing after `close`, for which see `removeRootfs`. */
  abort(): void;
  /** `abort`, unless closed. */
  [Symbol.dispose](): void;
}
