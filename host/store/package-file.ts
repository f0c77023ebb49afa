import { join } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import { MAX_PACKAGE_BYTES } from '../package/index.js';
import type { StoreContext } from './context.js';
import { sha256Hex } from './hash.js';
import { packageFileName } from './layout.js';
import { readOwnedFile } from './read-file.js';
import { checkFolder } from './trusted-folder.js';

/** What a record says about its package. */
export interface PackageReference {
  readonly name: string;
  /** `sha256:<64 hex>`, validated. */
  readonly digest: string;
}

/**
 * Read a package and check that it is the one that was installed. The bytes are read once and hashed, and they are what is
 * returned, so nothing can be exchanged in between.
 *
 * @returns the whole file; the caller owns it.
 * @throws PluginError `STORE_CORRUPT` if it is gone or another one, with both digests; `STORE_REFUSED` if somebody else could
 *   have written it; `IO_FAILED` if it cannot be read.
 */
export function readPackageFile({ layout, owners }: StoreContext, { name, digest }: PackageReference): Uint8Array {
  const path = join(layout.packages, packageFileName(digest));
  const bytes =
    checkFolder(layout.packages, owners) === undefined ? undefined : readOwnedFile(path, owners, MAX_PACKAGE_BYTES);
  const found = bytes === undefined ? 'nothing' : `sha256:${sha256Hex(bytes)}`;
  if (bytes === undefined || found !== digest) {
    throw new PluginError(
      'STORE_CORRUPT',
      `Cannot load ${quote(name)}: its package is ${found}, installed was ${digest}`,
      {
        hint: `Find out who changed ${path}, then install the plugin again.`,
        details: { name, path, expected: digest, found },
      },
    );
  }
  return bytes;
}
