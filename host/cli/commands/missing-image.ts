import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandContext } from '../context.js';

/** Image references of other tools: `ubuntu:22.04`, `docker://quay.io/x/y`. */
const REFERENCE =
  /^(?:(?:docker|library|oras|shub|oci):\/\/)?([a-z0-9][a-z0-9._-]*(?:[/:@][A-Za-z0-9][A-Za-z0-9._-]*)*)$/;

/** What may have been meant by an image that is not there; undefined for one that is, and where nothing better comes to mind. */
export function missingImageHint(image: string, { io, globals }: CommandContext): string | undefined {
  if (existsSync(resolve(io.cwd, image))) return undefined;
  if (globals.user) return 'Is it the value of --user? That names no user: it chooses your own store of plugins';
  if (/^\/[^:]*:\/|^\.[^:]*:\//.test(image)) return 'To bind a folder: --bind SRC[:DST[:ro]]; -v means --verbose';
  const [, reference] = REFERENCE.exec(image) ?? [];
  // A word alone may be a folder that was misspelt.
  return reference !== undefined && image.includes(':')
    ? `Images are files and folders, and nothing is fetched. To have one of a registry: skopeo copy docker://${reference} oci:image`
    : undefined;
}
