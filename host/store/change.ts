/**
 * One change of a store, from lock to index:
 *
 *   check the folders, lock, sweep, read, [ the change itself ], commit or undo, write the index, unlock
 *
 * Everything between lock and unlock is synchronous, so two changes in one process cannot interleave either.
 */
import { dirname } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import type { StoreContext } from './context.js';
import { attempt } from './files.js';
import { writeIndex } from './index-file.js';
import { ioError, isDiskFull } from './io-error.js';
import type { Lock } from './lock.js';
import { takeLock, takeLockSync } from './lock.js';
import type { StoreContent } from './read-store.js';
import { byName, readRecords } from './read-store.js';
import { sweepTemps, sweepUnreferenced } from './sweep.js';
import type { Transaction } from './transaction.js';
import { beginTransaction } from './transaction.js';
import { checkFolder } from './trusted-folder.js';

export type Change<T> = (transaction: Transaction, content: StoreContent) => T;

const READABLE_BY_OTHERS = 0o004n;

/**
 * Change a store.
 *
 * @param what - for messages, after "Cannot": `install "x"`.
 * @param action - does its steps through the transaction; whatever it throws undoes them all.
 * @param keep - digests of packages that must not be swept although no record names them now.
 * @throws PluginError `STORE_REFUSED` if this process may not write here, `STORE_LOCKED` if another one does for too long,
 *   `IO_FAILED` if a step failed, and what `action` throws. The store is as before then.
 */
export async function change<T>(
  context: StoreContext,
  what: string,
  action: Change<T>,
  keep: readonly string[] = [],
): Promise<T> {
  const mode = prepare(context, what);
  const lock = await takeLockOnFullDisk(context);
  try {
    return changeLocked(context, what, mode, action, keep);
  } finally {
    lock.release();
  }
}

/** A lock takes some bytes. A full disk must not keep anybody from uninstalling, and the index can always be missing. */
async function takeLockOnFullDisk({ files, layout, lockTimeoutMs }: StoreContext): Promise<Lock> {
  try {
    return await takeLock(layout.lock, lockTimeoutMs);
  } catch (error) {
    if (!isDiskFull(error)) {
      throw error;
    }
    attempt(() => files.remove(layout.index));
    return await takeLock(layout.lock, lockTimeoutMs);
  }
}

/** `change` for a caller that cannot wait: blocks the thread, at most for `timeoutMs`. */
export function changeSync<T>(context: StoreContext, what: string, timeoutMs: number, action: Change<T>): T {
  const mode = prepare(context, what);
  const lock = takeLockSync(context.layout.lock, timeoutMs);
  try {
    return changeLocked(context, what, mode, action, []);
  } finally {
    lock.release();
  }
}

/** @throws PluginError `STORE_REFUSED` if this process must not change the store. */
export function checkWritable({ kind, uid, readOnly, layout }: StoreContext, what: string): void {
  if (kind === 'system' && uid !== 0) {
    throw new PluginError(
      'STORE_REFUSED',
      `Cannot ${what}: changing the system store ${quote(layout.root, 4096)} needs root privileges`,
      { hint: 'Run it as root, or use your own store by leaving --system out.', details: { path: layout.root, uid } },
    );
  }
  if (readOnly) {
    throw new PluginError(
      'STORE_REFUSED',
      `Cannot ${what}: the store ${quote(layout.root, 4096)} is open for reading only`,
      {
        details: { path: layout.root },
      },
    );
  }
}

/** Make the folders that are missing. @returns the mode for new files. */
function prepare(context: StoreContext, what: string): number {
  checkWritable(context, what);
  const { files, layout, owners, kind } = context;
  const ours = kind === 'system' ? 0o755 : 0o700;
  try {
    if (checkFolder(layout.root, owners) === undefined) {
      files.makeFolder(layout.root, ours);
      attempt(() => files.syncFolder(dirname(layout.root)));
    }
    // A store that its owner opened to readers has readable files; key-value stores are nobody else's business.
    const shared = ((checkFolder(layout.root, owners)?.mode ?? 0n) & READABLE_BY_OTHERS) !== 0n;
    const folders = [layout.plugins, layout.packages, layout.kv];
    for (const folder of folders) {
      if (checkFolder(folder, owners) === undefined) {
        files.makeFolder(folder, shared && folder !== layout.kv ? 0o755 : 0o700);
        checkFolder(folder, owners);
      }
    }
    return shared ? 0o644 : 0o600;
  } catch (error) {
    throw ioError(what, layout.root, error);
  }
}

function changeLocked<T>(
  context: StoreContext,
  what: string,
  mode: number,
  action: Change<T>,
  keep: readonly string[],
): T {
  sweepTemps(context);
  // Not from the index: it is made anew from this, so a record that was edited in place counts from the next change on.
  const content = readRecords(context);
  sweepUnreferenced(context, content, keep);
  const transaction = beginTransaction(context, mode);
  let result: T;
  try {
    result = action(transaction, content);
    transaction.commit();
  } catch (error) {
    transaction.undo();
    throw ioError(what, context.layout.root, error);
  }
  // From here on the change has happened: what follows only makes the next command faster and the disk emptier.
  attempt(() => finish(context, content, transaction, mode));
  return result;
}

function finish(context: StoreContext, before: StoreContent, { changed }: Transaction, mode: number): void {
  const after = before.problems.length > 0 ? readRecords(context) : apply(before, changed);
  if (after.problems.length > 0) {
    // Also one that is left from before a record was damaged in place: it must not hide that.
    attempt(() => context.files.remove(context.layout.index));
  } else {
    attempt(() => writeIndex(context.files, context.layout, after.plugins, mode));
  }
  // Only what was uninstalled goes at once: the package that an install replaced may be wanted back by its undo.
  if ([...changed.values()].includes(undefined)) {
    sweepUnreferenced(context, after, []);
  }
}

function apply(before: StoreContent, changed: Transaction['changed']): StoreContent {
  const kept = before.plugins.filter(({ name }) => !changed.has(name));
  const written = [...changed.values()].filter((record) => record !== undefined);
  return { plugins: [...kept, ...written].sort(byName), problems: [], indexed: false };
}
