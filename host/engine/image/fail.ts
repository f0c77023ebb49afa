import { PluginError, quote } from '../../errors/index.js';

/** The one way to say that an image cannot be used. @param why - without a full stop. */
export function unsupported(image: string, why: string, hint?: string, cause?: unknown): PluginError {
  return new PluginError('IMAGE_UNSUPPORTED', `Cannot use the image ${quote(image)}: ${why}`, { hint, cause });
}

export const IMAGE_HINT =
  'An image is a folder with a root file system, a SIF container image, a squashfs or ext3 file, an OCI layout, or an archive of skopeo or podman.';
