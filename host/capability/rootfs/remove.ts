/** Remove trees by way of open folders, so that no link is followed whoever puts one there, and however long the paths are. */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { withEntry } from './metadata.js';
import { systemCode } from './system-error.js';

const OWNER_ALL = 0o700;
const OPEN_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Open a folder to read, search and change what is in it.
 *
 * Its owner is given those permissions: an image's folder or a umask may have left them out, and `rm -rf` stops there.
 *
 * @param path - its parents must be pinned; the last part is not followed.
 * @returns a descriptor that the caller closes.
 */
export function openFolder(path: string | Buffer): number {
  const handle = openWhateverMode(path);
  try {
    if ((fstatSync(handle).mode & OWNER_ALL) !== OWNER_ALL) {
      fchmodSync(handle, OWNER_ALL);
    }
    return handle;
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

function openWhateverMode(path: string | Buffer): number {
  try {
    return openSync(path, OPEN_FOLDER);
  } catch (error) {
    if (systemCode(error) !== 'EACCES') {
      throw error;
    }
    withEntry(path, (entry) => chmodSync(entry, OWNER_ALL));
    return openSync(path, OPEN_FOLDER);
  }
}

/** Remove all that is in an open folder, depth first: one more descriptor for each level. The folder itself stays. */
export function removeBelow(folder: number): void {
  const base = Buffer.from(`/proc/self/fd/${folder}/`);
  // As bytes: a name need not be text.
  for (const entry of readdirSync(base, { encoding: 'buffer', withFileTypes: true })) {
    const path = Buffer.concat([base, entry.name]);
    if (entry.isDirectory()) {
      removeFolder(path);
    } else {
      unlinkSync(path);
    }
  }
}

function removeFolder(path: string | Buffer): void {
  const handle = openFolder(path);
  try {
    removeBelow(handle);
  } finally {
    closeSync(handle);
  }
  rmdirSync(path);
}

/**
 * Remove a root file system and its folder: also one with folders that their owner may not write to, which `rm -rf` leaves
 * to a user, or with paths longer than the system takes.
 *
 * @param dir - a path whose parents the caller trusts; a link in its last part is refused. Missing is fine.
 * @throws the system's error, for example EACCES if something in it belongs to somebody else.
 */
export function removeRootfs(dir: string): void {
  try {
    removeFolder(dir);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw error;
    }
  }
}
