/**
 * Code that was made of something, kept for the next process: only a cache.
 *
 *   code/<of what>-<first digits of the key>    sha256 of all that follows (32 bytes), the key (64 bytes), what was kept
 *
 * Not under the lock: nothing depends on it, and each file is put in place in one step. What a killed writer leaves, and code of
 * packages that are gone, goes with the next change of the store. Whoever can write here can write records too, so a file is
 * believed as they are: it must belong to an owner of the store, and nobody else may write to it.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { StoreContext } from './context.js';
import { attempt, nodeFiles, replaceFile } from './files.js';
import { layoutOf } from './layout.js';
import { namesIn } from './names-in.js';
import { readOwnedFile } from './read-file.js';
import { checkFolder, checkFoldersAbove, ownersOf } from './trusted-folder.js';

/** Code of one package, or of the program itself, by key. */
export interface CodeStore {
  /** @param key - 64 hexadecimal digits. @returns what was kept under it, the caller's own, or undefined. Does not throw. */
  read(key: string): Uint8Array | undefined;
  /** Whether this process may keep anything: not where the store is somebody else's, or is not there yet. */
  mayKeep(): boolean;
  /** Keep bytes, where this process may. Does not throw. */
  keep(key: string, bytes: Uint8Array): void;
}

/** Of one thing: under other limits, or by another version of ours, other code is made of it. */
const MAX_KEPT = 4;
const MAX_CODE_BYTES = 256 * 1024 * 1024;
const DIGEST_BYTES = 32;
const HEAD_BYTES = DIGEST_BYTES + 64;
const KEY_DIGITS_IN_NAME = 16;
const OTHERS_READ = 0o044n;

type CodeContext = Pick<StoreContext, 'layout' | 'files' | 'owners' | 'uid' | 'readOnly'>;

/**
 * For code of the program itself, before there is an open store.
 *
 * @param root - absolute.
 * @throws PluginError `STORE_REFUSED` as `openStore`.
 */
export function openCodeStore(root: string, uid: number, prefix: string): CodeStore {
  const owners = ownersOf(uid);
  checkFolder(root, owners);
  checkFoldersAbove(root, false, owners);
  return codeStore({ layout: layoutOf(root), files: nodeFiles, owners, uid, readOnly: false }, prefix);
}

/** @param prefix - what the code is of, as a part of a file's name. */
export function codeStore({ layout, files, owners, uid, readOnly }: CodeContext, prefix: string): CodeStore {
  const nameOf = (key: string): string => `${prefix}-${key.slice(0, KEY_DIGITS_IN_NAME)}`;

  function readFile(key: string): Uint8Array | undefined {
    if (checkFolder(layout.code, owners) === undefined) return undefined;
    const file = readOwnedFile(join(layout.code, nameOf(key)), owners, MAX_CODE_BYTES);
    return file === undefined ? undefined : unseal(file, key);
  }

  const packagesFolder = () => (readOnly ? undefined : checkFolder(layout.packages, [uid]));

  function keepFile(key: string, bytes: Uint8Array): void {
    const packages = packagesFolder();
    if (packages === undefined) return;
    if (checkFolder(layout.code, [uid]) === undefined) files.makeFolder(layout.code, Number(packages.mode & 0o777n));
    const kept = namesIn(layout.code).filter((name) => name.startsWith(`${prefix}-`));
    if (kept.length >= MAX_KEPT) {
      for (const name of kept) files.remove(join(layout.code, name));
    }
    // Who may read packages may read what is made of them.
    const mode = (packages.mode & OTHERS_READ) === 0n ? 0o600 : 0o644;
    replaceFile(files, layout.code, nameOf(key), seal(bytes, key), mode);
  }

  return {
    mayKeep() {
      let may = false;
      attempt(() => {
        may = packagesFolder() !== undefined;
      });
      return may;
    },
    read(key) {
      let found: Uint8Array | undefined;
      attempt(() => {
        found = readFile(key);
      });
      return found;
    },
    keep(key, bytes) {
      if (bytes.byteLength <= MAX_CODE_BYTES - HEAD_BYTES) attempt(() => keepFile(key, bytes));
    },
  };
}

function seal(bytes: Uint8Array, key: string): Uint8Array {
  const rest = Buffer.concat([Buffer.from(key, 'latin1'), bytes]);
  return Buffer.concat([sha256(rest), rest]);
}

function unseal(file: Uint8Array, key: string): Uint8Array | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const isWhole = sha256(bytes.subarray(DIGEST_BYTES)).equals(bytes.subarray(0, DIGEST_BYTES));
  return isWhole && bytes.toString('latin1', DIGEST_BYTES, HEAD_BYTES) === key ? file.subarray(HEAD_BYTES) : undefined;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
