/**
 * Several changes of a store that happen all or not at all.
 *
 * Each step is undone by a rename or a removal, which needs no disk space: the old record is kept under a temporary name until
 * the end. A kill instead of an error leaves each record old or new, never torn, and left-overs for the next writer.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreContext } from './context.js';
import { attempt, replaceFile, tempPath } from './files.js';
import { errnoOf } from './io-error.js';
import { packageFileName, recordFileName } from './layout.js';
import { readOwnedFile } from './read-file.js';
import type { PluginRecord } from './record.js';
import { formatRecord, knownKeys } from './record.js';

export interface Transaction {
  /** Names whose record changed, with the new one, or undefined for a removed one. */
  readonly changed: ReadonlyMap<string, PluginRecord | undefined>;
  /** Keep a package; nothing is written if it is there, whole. */
  putPackage(digest: string, bytes: Uint8Array): void;
  putRecord(record: PluginRecord): void;
  /** @returns whether there was one. */
  removeRecord(name: string): boolean;
  /** Make it durable. Throws like each step; `undo` then. */
  commit(): void;
  /** Put everything back. Never throws. */
  undo(): void;
}

/**
 * Begin one. Only under the lock.
 *
 * @param fileMode - of the files it writes.
 */
export function beginTransaction(context: StoreContext, fileMode: number): Transaction {
  const { files, layout, owners } = context;
  const undoing: (() => void)[] = [];
  const discards: string[] = [];
  const changed = new Map<string, PluginRecord | undefined>();
  let indexGone = false;

  function moveIfThere(from: string, to: string): void {
    if (lstatSync(from, { throwIfNoEntry: false }) !== undefined) {
      files.rename(from, to);
    }
  }

  /** Move what has this name aside, to come back on undo. */
  function setAside(path: string, move: (from: string, to: string) => void): boolean {
    const aside = tempPath(layout.plugins);
    // Before the move, here and below: a step may do its work and fail all the same, on a network file system for one.
    discards.push(aside);
    undoing.push(() => moveIfThere(aside, path));
    try {
      move(path, aside);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') {
        return false;
      }
      throw error;
    }
    return true;
  }

  function discard(): void {
    for (const path of discards) {
      attempt(() => files.remove(path));
    }
  }

  /** Before the first record changes: an index that is there when a writer is killed must still be true. */
  function dropIndex(): void {
    if (!indexGone) {
      files.remove(layout.index);
      indexGone = true;
    }
  }

  return {
    changed,

    putPackage(digest, bytes) {
      const name = packageFileName(digest);
      const path = join(layout.packages, name);
      if (isThere(path, bytes, owners)) {
        return;
      }
      const replaces = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
      if (!replaces) {
        undoing.push(() => files.remove(path));
      }
      replaceFile(files, layout.packages, name, bytes, fileMode);
      files.syncFolder(layout.packages);
    },

    putRecord(record) {
      const name = recordFileName(record.name);
      const path = join(layout.plugins, name);
      const bytes = formatRecord(record);
      dropIndex();
      // A second name keeps the old file while the first one is replaced, so there is no moment without a record.
      const replaces = setAside(path, files.link);
      if (!replaces) {
        undoing.push(() => files.remove(path));
      }
      replaceFile(files, layout.plugins, name, bytes, fileMode);
      changed.set(record.name, knownKeys(record));
    },

    removeRecord(name) {
      dropIndex();
      const removed = setAside(join(layout.plugins, recordFileName(name)), files.rename);
      changed.set(name, undefined);
      return removed;
    },

    commit() {
      files.syncFolder(layout.plugins);
      undoing.length = 0;
      discard();
    },

    undo() {
      // The latest step first. One that cannot be undone ends it: a new record then keeps the package that came with it.
      attempt(() => {
        for (const step of undoing.reverse()) {
          step();
        }
        discard();
        files.syncFolder(layout.plugins);
      });
    },
  };
}

/** A damaged file of the right name is no reason not to write: installing again is how it is repaired. */
function isThere(path: string, bytes: Uint8Array, owners: readonly number[]): boolean {
  try {
    const found = readOwnedFile(path, owners, bytes.byteLength);
    return found !== undefined && Buffer.compare(found, bytes) === 0;
  } catch {
    return false;
  }
}
