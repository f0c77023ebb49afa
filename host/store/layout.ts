/**
 * Where things are in a store.
 *
 *   root/
 *     packages/<sha256 of the file>.sif    whole packages, never changed once there
 *     plugins/<sha256 of the name>.json    one record per plugin: the truth
 *     kv/<sha256 of the name>/             the plugin's own key-value store
 *     code/                                code that was made of packages; only a cache (code-store.ts)
 *     index.jsonl                          every record again in one file; only a cache
 *     lock                                 who is writing
 *
 * Names of plugins never become names of files: they are hashed, so no name can nest in another or leave the store.
 */
import { join } from 'node:path';
import { sha256Hex } from './hash.js';

export interface Layout {
  readonly root: string;
  readonly packages: string;
  readonly plugins: string;
  readonly kv: string;
  readonly code: string;
  readonly index: string;
  readonly lock: string;
}

/** @param root - absolute. */
export function layoutOf(root: string): Layout {
  return {
    root,
    packages: join(root, 'packages'),
    plugins: join(root, 'plugins'),
    kv: join(root, 'kv'),
    code: join(root, 'code'),
    index: join(root, 'index.jsonl'),
    lock: join(root, 'lock'),
  };
}

/** What a file is called until it is complete. The next writer removes those that a killed one left. */
export const TEMP_PREFIX = '.tmp-';

export const RECORD_FILE = /^[0-9a-f]{64}\.json$/;
export const PACKAGE_FILE = /^[0-9a-f]{64}\.sif$/;
/** The package's digest is the first group. */
export const CODE_FILE = /^([0-9a-f]{64})-[0-9a-f]{16}$/;
export const KV_FOLDER = /^[0-9a-f]{64}$/;
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function recordFileName(name: string): string {
  return `${sha256Hex(name)}.json`;
}

/** @param digest - `sha256:<64 hex>`, already validated. */
export function packageFileName(digest: string): string {
  return `${digest.slice('sha256:'.length)}.sif`;
}
