import type { CommandContext } from '../context.js';
import { isPluginError } from '../failure.js';

/** Image references of other tools: `ubuntu:22.04`, `docker://quay.io/x/y`. */
const REFERENCE = /^(?:(?:docker|library|oras|shub):\/\/)?([a-z0-9][a-z0-9._-]*(?:[/:@][A-Za-z0-9][A-Za-z0-9._-]*)*)$/;
/** What stands in front of a path of ours. */
const TRANSPORT = /^(?:oci|oci-archive|docker-archive|dir):/;

/** What may have been meant by an image that is not there, or none; undefined for other failures, and where nothing better comes to mind. */
export function missingImageHint(error: unknown, image: string, { globals }: CommandContext): string | undefined {
  if (!isPluginError(error, 'IMAGE_UNSUPPORTED')) return undefined;
  if (/^[./][^:]*:\//.test(image)) return 'To bind a folder: --bind SRC[:DST[:ro]]; -v means --verbose';
  if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') return undefined;
  if (globals.user) return 'Is it the value of --user? That names no user: it chooses your own store of plugins';
  const [, reference] = REFERENCE.exec(image) ?? [];
  // A word alone may be a folder that was misspelt.
  return reference !== undefined && image.includes(':') && !TRANSPORT.test(image)
    ? `Images are files and folders, and nothing is fetched. To have one of a registry: skopeo copy docker://${reference} oci:image`
    : undefined;
}
