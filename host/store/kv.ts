/**
 * A plugin's own key-value store: one file for each key.
 *
 *   <folder>/<sha256 of the key>     | keyLen u32 LE | key, UTF-8 | value |
 *   <folder>/lock
 *
 * A `set` is durable when it returns, and a kill leaves the old or the new value: temporary file, fsync, rename, fsync of the
 * folder. Two processes may use it at once; reading never waits. Keys never become names of files.
 */
import { closeSync, lstatSync, openSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import type { Files } from './files.js';
import { attempt, nodeFiles, replaceFile } from './files.js';
import { sha256Hex } from './hash.js';
import { errnoOf, ioError } from './io-error.js';
import { KV_FOLDER, TEMP_PREFIX } from './layout.js';
import { sweepLocks, takeLockSync } from './lock.js';
import { namesIn } from './names-in.js';
import { READ_FLAGS, readOwnedFile } from './read-file.js';
import { checkFolder } from './trusted-folder.js';

/** Durable and atomic. All of it is synchronous: a guest waits for the answer of the capability. */
export interface Kv {
  /** @returns a copy of the value, or undefined. */
  get(key: string): Uint8Array | undefined;
  set(key: string, value: Uint8Array): void;
  /** @returns whether there was one. */
  delete(key: string): boolean;
  /** @returns the keys that begin with `prefix`, sorted by UTF-16 units. */
  list(prefix: string): string[];
}

export interface KvOptions {
  /** Bound on keys and values together; every entry counts 64 bytes more, so that empty ones cannot be endless. */
  readonly quotaBytes: number;
  /** How long a change waits for another process, in ms. Default 5,000. */
  readonly lockTimeoutMs?: number;
  /** The steps that change files. Default: the real ones. */
  readonly files?: Files;
  /** Effective user id, who must own the folder. Default: this process's. */
  readonly uid?: number;
}

const MAX_KEY_BYTES = 512;
const ENTRY_COST_BYTES = 64;
const KEY_LEN_SIZE = 4;
/** What is still read where the quota is lower: it may have been higher when the value was written. */
const MAX_FILE_BYTES = 64 << 20;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Open one.
 *
 * @param folder - absolute; made by the first `set` if it is missing, private to its owner.
 * @throws RangeError if the quota is not a whole number of bytes.
 *   Its methods throw PluginError: `LIMIT_EXCEEDED` above the quota and for a key that is empty, above 512 bytes or not Unicode;
 *   `STORE_LOCKED`; `STORE_REFUSED` if somebody else could have written to the folder; `STORE_CORRUPT`; `IO_FAILED`.
 *   Nothing has changed then.
 */
export function openKv(folder: string, options: KvOptions): Kv {
  const { quotaBytes, lockTimeoutMs = 5000, files = nodeFiles, uid = process.geteuid?.() ?? 0 } = options;
  if (!Number.isSafeInteger(quotaBytes) || quotaBytes < 0) {
    throw new RangeError(`quotaBytes must be a whole number, at least 0; it is ${quotaBytes}`);
  }
  const owners = [uid];
  const pathOf = (key: string): string => join(folder, sha256Hex(key));
  const exists = (): boolean => checkFolder(folder, owners) !== undefined;
  const maxFileBytes = Math.max(quotaBytes, MAX_FILE_BYTES) + KEY_LEN_SIZE;

  function locked<T>(change: () => T): T {
    const lock = takeLockSync(join(folder, 'lock'), lockTimeoutMs);
    try {
      return change();
    } catch (error) {
      throw ioError('change the key-value store', folder, error);
    } finally {
      lock.release();
    }
  }

  /** Bytes that all entries but one count, after removing what killed writers left. */
  function usedBesides(path: string): number {
    attempt(() => sweepLocks(join(folder, 'lock')));
    let used = 0;
    for (const name of namesIn(folder)) {
      const entry = join(folder, name);
      if (name.startsWith(TEMP_PREFIX)) {
        attempt(() => files.remove(entry));
      } else if (KV_FOLDER.test(name) && entry !== path) {
        used += (lstatSync(entry, { throwIfNoEntry: false })?.size ?? 0) - KEY_LEN_SIZE + ENTRY_COST_BYTES;
      }
    }
    return used;
  }

  return {
    get(key) {
      const wanted = keyBytes(key);
      const path = pathOf(key);
      const file = wanted !== undefined && exists() ? readOwnedFile(path, owners, maxFileBytes) : undefined;
      if (wanted === undefined || file === undefined) {
        return undefined;
      }
      const entry = decodeEntry(file);
      if (entry === undefined || Buffer.compare(entry.key, wanted) !== 0) {
        throw corrupt(path);
      }
      return entry.value.slice();
    },

    set(key, value) {
      const path = pathOf(key);
      const entry = encodeEntry(keyBytes(key) ?? refuseKey(key), value);
      const cost = entry.byteLength - KEY_LEN_SIZE + ENTRY_COST_BYTES;
      // Before anything is written, and without the lock: this one can never fit.
      checkQuota(cost, quotaBytes);
      if (!exists()) {
        makeFolder(files, folder);
        exists();
      }
      locked(() => {
        checkQuota(usedBesides(path) + cost, quotaBytes);
        replaceFile(files, folder, basename(path), entry, FILE_MODE);
        files.syncFolder(folder);
      });
    },

    delete(key) {
      const path = pathOf(key);
      if (keyBytes(key) === undefined || !exists() || lstatSync(path, { throwIfNoEntry: false }) === undefined) {
        return false;
      }
      return locked(() => {
        const there = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
        files.remove(path);
        files.syncFolder(folder);
        return there;
      });
    },

    list(prefix) {
      if (!exists()) {
        return [];
      }
      return namesIn(folder)
        .filter((name) => KV_FOLDER.test(name))
        .map((name) => readKey(join(folder, name)))
        .filter((key) => key?.startsWith(prefix) === true)
        .sort() as string[];
    },
  };
}

function makeFolder(files: Files, folder: string): void {
  try {
    files.makeFolder(folder, FOLDER_MODE);
  } catch (error) {
    throw ioError('make the key-value store', folder, error);
  }
}

function checkQuota(used: number, quotaBytes: number): void {
  if (used > quotaBytes) {
    throw new PluginError('LIMIT_EXCEEDED', `Cannot store ${used} bytes: the quota is ${quotaBytes}`, {
      hint: 'Delete keys that are not needed any more.',
      details: { used, quotaBytes },
    });
  }
}

/** @returns undefined for a key that no entry can have: empty, too long, or not Unicode. */
function keyBytes(key: string): Uint8Array | undefined {
  const bytes = Buffer.from(key);
  return bytes.byteLength === 0 || bytes.byteLength > MAX_KEY_BYTES || bytes.toString() !== key ? undefined : bytes;
}

function refuseKey(key: string): never {
  throw new PluginError(
    'LIMIT_EXCEEDED',
    `Cannot store the key ${quote(key)}: it must be Unicode of 1 to ${MAX_KEY_BYTES} bytes, it has ${Buffer.byteLength(key)}`,
  );
}

function encodeEntry(key: Uint8Array, value: Uint8Array): Uint8Array {
  const entry = new Uint8Array(KEY_LEN_SIZE + key.byteLength + value.byteLength);
  new DataView(entry.buffer).setUint32(0, key.byteLength, true);
  entry.set(key, KEY_LEN_SIZE);
  entry.set(value, KEY_LEN_SIZE + key.byteLength);
  return entry;
}

/** @returns views onto `entry`, or undefined if it is none; `value` holds what of it is there. */
function decodeEntry(entry: Uint8Array): { key: Uint8Array; value: Uint8Array } | undefined {
  if (entry.byteLength < KEY_LEN_SIZE) {
    return undefined;
  }
  const keyLen = new DataView(entry.buffer, entry.byteOffset, entry.byteLength).getUint32(0, true);
  if (keyLen === 0 || keyLen > MAX_KEY_BYTES || keyLen > entry.byteLength - KEY_LEN_SIZE) {
    return undefined;
  }
  const end = KEY_LEN_SIZE + keyLen;
  return { key: entry.subarray(KEY_LEN_SIZE, end), value: entry.subarray(end) };
}

/** The key of an entry, without its value. @returns undefined if it was deleted meanwhile. */
function readKey(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, READ_FLAGS);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return undefined;
    }
    throw ioError('read a key', path, error);
  }
  try {
    const head = Buffer.alloc(KEY_LEN_SIZE + MAX_KEY_BYTES);
    const entry = decodeEntry(head.subarray(0, readSync(file, head, 0, head.byteLength, 0)));
    if (entry === undefined) {
      throw corrupt(path);
    }
    return Buffer.from(entry.key).toString();
  } catch (error) {
    throw ioError('read a key', path, error);
  } finally {
    closeSync(file);
  }
}

function corrupt(path: string): PluginError {
  return new PluginError('STORE_CORRUPT', `Cannot read ${quote(path, 4096)}: it is no entry of a key-value store`, {
    hint: 'Remove it.',
    details: { path },
  });
}
