import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { PluginError, quote } from '../errors/index.js';
import { errnoOf, ioError } from './io-error.js';

/** Neither a link nor a pipe of that name may lead elsewhere or block. */
export const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Read a whole file of a store, opened once, so that what is checked is what is used.
 *
 * @param owners - user ids that it may belong to.
 * @param maxBytes - bound on what is allocated.
 * @returns its bytes, the caller's own, or undefined if there is no such file.
 * @throws PluginError `STORE_REFUSED` if it is a link or no regular file, or somebody else could have written it;
 *   `LIMIT_EXCEEDED` above `maxBytes`; `IO_FAILED` if it cannot be read.
 */
export function readOwnedFile(path: string, owners: readonly number[], maxBytes: number): Uint8Array | undefined {
  let file: number;
  try {
    file = openSync(path, READ_FLAGS);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') {
      return undefined;
    }
    throw errno === 'ELOOP' ? refused(path, 'it is a symbolic link') : ioError('read', path, error);
  }
  try {
    const { size, uid, mode, ...stats } = fstatOf(file);
    if (!stats.regular) {
      throw refused(path, 'it is not a regular file');
    }
    if (!owners.includes(uid) || (mode & 0o022) !== 0) {
      throw refused(path, 'users other than the owner of the store may have written it');
    }
    if (size > maxBytes) {
      throw new PluginError(
        'LIMIT_EXCEEDED',
        `Cannot read ${quote(path, 4096)}: it has ${size} bytes, the limit is ${maxBytes}`,
      );
    }
    return readUpTo(file, size);
  } catch (error) {
    throw ioError('read', path, error);
  } finally {
    closeSync(file);
  }
}

function fstatOf(file: number): { size: number; uid: number; mode: number; regular: boolean } {
  const stats = fstatSync(file);
  return { size: stats.size, uid: stats.uid, mode: stats.mode, regular: stats.isFile() };
}

/** A file that shrinks meanwhile gives fewer bytes, one that grows no more. */
function readUpTo(file: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let done = 0;
  while (done < size) {
    const count = readSync(file, bytes, done, size - done, null);
    if (count === 0) {
      break;
    }
    done += count;
  }
  return bytes.subarray(0, done);
}

function refused(path: string, reason: string): PluginError {
  return new PluginError('STORE_REFUSED', `Cannot use ${quote(path, 4096)}: ${reason}`, {
    hint: 'Remove it after you found out who made it.',
    details: { path },
  });
}
