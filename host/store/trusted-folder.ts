/**
 * Is a folder safe to take plugins from? What is in the store says what runs and with which grants, so nobody but its owner
 * may be able to change it.
 */

import type { BigIntStats } from 'node:fs';
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import { errnoOf, ioError } from './io-error.js';

/** Whose files a user believes, in any store but the system's. */
export function ownersOf(uid: number): readonly number[] {
  return uid === 0 ? [0] : [uid, 0];
}

const GROUP_OR_OTHERS_WRITE = 0o022n;
const OTHERS_WRITE = 0o002n;
const STICKY = 0o1000n;

/**
 * Look at a folder without following a symbolic link.
 *
 * @param owners - user ids that it may belong to.
 * @returns its status, or undefined if there is nothing of that name.
 * @throws PluginError `STORE_REFUSED` if it is a symbolic link or no folder, belongs to somebody else, or others may write to it;
 *   `IO_FAILED` if it cannot be looked at.
 */
export function checkFolder(path: string, owners: readonly number[]): BigIntStats | undefined {
  const stats = statusOf(path);
  if (stats === undefined) {
    return undefined;
  }
  if (stats.isSymbolicLink()) {
    throw refused(path, 'it is a symbolic link', 'Name the folder itself.');
  }
  if (!stats.isDirectory()) {
    throw refused(path, 'it is not a folder', 'Move the file away or choose another store with --store.');
  }
  if (!owners.includes(Number(stats.uid))) {
    throw refused(
      path,
      `it belongs to user ${stats.uid}, it must belong to user ${owners.join(' or ')}`,
      `Find out who made it, then: chown -R ${owners[0]} ${path}`,
    );
  }
  if ((stats.mode & GROUP_OR_OTHERS_WRITE) !== 0n) {
    throw refused(
      path,
      `its mode ${(stats.mode & 0o7777n).toString(8)} lets other users write to it`,
      `Check what is in it, then: chmod go-w ${path}`,
    );
  }
  return stats;
}

/**
 * Check the folders above a store: whoever may rename it, or change a link that leads to it, may replace it.
 *
 * Group-writable homes are common and left alone for a user's own store; for the system's (`strict`) they are not. A sticky folder
 * such as /tmp lets nobody rename what is not theirs. Where only root is trusted, every folder and link must be root's; for
 * a user that is not asked, since folders such as /home may show any owner inside a user namespace or on a network disk.
 *
 * @param owners - user ids that the store may belong to.
 * @throws PluginError `STORE_REFUSED`.
 */
export function checkFoldersAbove(root: string, strict: boolean, owners: readonly number[]): void {
  const rootOnly = strict || (owners.every((uid) => uid === 0) && isRootOfMachine());
  const above = dirname(root);
  // Both ways to it: the names as they are written, and where links in them lead.
  for (const start of new Set([above, realPathOf(above)])) {
    for (let path = start; ; path = dirname(path)) {
      checkFolderAbove(root, path, strict, rootOnly);
      if (path === dirname(path)) {
        break;
      }
    }
  }
}

/** Root of a user namespace is a user outside, and sees the machine's root as somebody without a number. */
function isRootOfMachine(): boolean {
  try {
    return /^\s*0\s+0\s/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return true;
  }
}

function checkFolderAbove(root: string, path: string, strict: boolean, rootOnly: boolean): void {
  const link = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  const owner = [link, stats].find((one) => one !== undefined && one.uid !== 0n)?.uid;
  if (rootOnly && owner !== undefined) {
    throw refused(root, `${quote(path)} above it belongs to user ${owner}, not to root`, `chown -h root ${path}`);
  }
  const bits = strict ? GROUP_OR_OTHERS_WRITE : OTHERS_WRITE;
  if (stats !== undefined && (stats.mode & STICKY) === 0n && (stats.mode & bits) !== 0n) {
    throw refused(root, `other users may write to ${quote(path)} above it`, `chmod go-w ${path}`);
  }
}

/** Where a path leads; what of it does not exist yet stays as it is. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path === dirname(path) ? path : join(realPathOf(dirname(path)), basename(path));
  }
}

function statusOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return undefined;
    }
    throw ioError('open the store', path, error);
  }
}

function refused(path: string, reason: string, hint: string): PluginError {
  return new PluginError('STORE_REFUSED', `Cannot use the store ${quote(path, 4096)}: ${reason}`, {
    hint,
    details: { path },
  });
}
