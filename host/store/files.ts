/**
 * The steps that change a store on disk, each one system call or close to it.
 *
 * They are an interface so that the tests can make every single one of them fail, or be the last one before a kill. Reading
 * needs no such seam: a failed read changes nothing.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFolders } from '../folders/index.js';
import { randomToken } from './hash.js';
import { errnoOf } from './io-error.js';
import { TEMP_PREFIX } from './layout.js';

export interface Files {
  /** Make a folder and the ones above it; nothing happens if it is there. `mode` holds whatever the umask is. */
  makeFolder(path: string, mode: number): void;
  /** Make a new empty file and open it for writing; fails if anything has that name, a symbolic link too. */
  create(path: string, mode: number): number;
  write(file: number, bytes: Uint8Array): void;
  sync(file: number): void;
  close(file: number): void;
  /** A second name for a file. */
  link(from: string, to: string): void;
  /** Replaces `to` in one step. */
  rename(from: string, to: string): void;
  /** Remove a file; nothing happens if it is gone. */
  remove(path: string): void;
  /** Remove a folder with all in it, following no symbolic link. */
  removeFolder(path: string): void;
  /** Make the names in a folder durable. */
  syncFolder(path: string): void;
}

/** The real ones. */
export const nodeFiles: Files = {
  makeFolder(path, mode) {
    // The first folder made, or undefined if all were there: an existing folder keeps the mode its owner gave it.
    if (makeFolders(path, mode) !== undefined) {
      chmodSync(path, mode);
    }
  },
  create(path, mode) {
    const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
    fchmodSync(file, mode);
    return file;
  },
  write(file, bytes) {
    for (let done = 0; done < bytes.byteLength; ) {
      done += writeSync(file, bytes, done);
    }
  },
  sync: fsyncSync,
  close: closeSync,
  link: linkSync,
  rename: renameSync,
  remove(path) {
    try {
      unlinkSync(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') {
        throw error;
      }
    }
  },
  removeFolder(path) {
    rmSync(path, { recursive: true, force: true });
  },
  syncFolder(path) {
    const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
};

/** A new name in `folder` for a file that is not complete yet. */
export function tempPath(folder: string): string {
  return join(folder, TEMP_PREFIX + randomToken());
}

/**
 * Put a whole file in place of what has its name, so that every reader sees the old or the new one.
 *
 * The bytes are durable before the name moves; the name is durable after the caller's `syncFolder`.
 *
 * @throws the error of the step that failed; the temporary file is gone then and the old file still there.
 */
export function replaceFile(files: Files, folder: string, name: string, bytes: Uint8Array, mode: number): void {
  const temp = tempPath(folder);
  try {
    const file = files.create(temp, mode);
    try {
      files.write(file, bytes);
      files.sync(file);
    } finally {
      files.close(file);
    }
    files.rename(temp, join(folder, name));
  } catch (error) {
    attempt(() => files.remove(temp));
    throw error;
  }
}

/** Run a clean-up whose failure must not hide the error that led to it; the next writer cleans up again. */
export function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Nothing is lost: what stays behind is a temporary file or an unreferenced package.
  }
}
