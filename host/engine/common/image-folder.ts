import { realpathSync, statSync } from 'node:fs';
import { PluginError, quote } from '../../errors/index.js';

/**
 * The image as a folder, free of links.
 *
 * @param rootfs - as the caller gave it.
 * @param asked - `root.path` of the config. A relative path is relative to a bundle, which we do not have; an absolute one must
 *   mean the same image.
 * @throws PluginError `IMAGE_UNSUPPORTED` if it is no folder; `CONFIG_INVALID` if the config means another one.
 */
export function imageFolder(rootfs: string, asked: string | undefined): string {
  const image = realImage(rootfs);
  if (asked?.startsWith('/') === true && realImage(asked) !== image) {
    throw new PluginError(
      'CONFIG_INVALID',
      `Cannot run the container: root.path is ${quote(asked)}, the image is ${quote(rootfs)}`,
    );
  }
  return image;
}

function realImage(rootfs: string): string {
  try {
    const image = realpathSync(rootfs);
    if (statSync(image).isDirectory()) {
      return image;
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw imageUnsupported(rootfs, code === 'ENOENT' ? 'there is no such folder' : code, cause);
  }
  throw imageUnsupported(rootfs, 'it is not a folder');
}

function imageUnsupported(rootfs: string, why: string, cause?: unknown): PluginError {
  return new PluginError('IMAGE_UNSUPPORTED', `Cannot use the image ${quote(rootfs)}: ${why}`, {
    cause,
    hint: 'A root file system is a folder, as "apptainer build --sandbox" or "podman export" make one.',
  });
}
