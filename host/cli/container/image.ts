import { existsSync } from 'node:fs';
import { hooks, sameMajor } from '../../abi/index.js';
import type { OpenImage } from '../../engine/index.js';
import { absoluteImageName, openImage, previewImage } from '../../engine/index.js';
import type { CommandContext } from '../context.js';
import type { Session } from '../session.js';
import { createProgress } from '../terminal/progress.js';
import type { ContainerRequest } from './request.js';

/**
 * Open the image of a run, and show on a terminal what takes long.
 *
 * @param dryRun - nothing is mounted or unpacked then.
 * @returns an image that the caller closes.
 * @throws PluginError as `openImage`.
 */
export async function openRunImage(
  { io, log, globals }: CommandContext,
  { dispatcher, entries }: Session,
  { image, unpack }: ContainerRequest,
  dryRun: boolean,
): Promise<OpenImage> {
  const path = absoluteImageName(image, io.cwd, existsSync);
  if (dryRun) {
    const drivers = entries.some((entry) => entry.hooks.some((id) => sameMajor(id, hooks.imageDriver.id)));
    const preview = previewImage(path, drivers);
    if (preview.kind !== 'directory' && preview.kind !== 'oci')
      log.info('The image is not opened: what it sets and runs itself is left out');
    return preview;
  }
  const progress = createProgress(io.stderr, !globals.quiet && !globals.silent && !globals.debug);
  try {
    return await openImage(path, {
      uid: io.user.uid,
      access: unpack ? 'unpack' : 'any',
      onProgress: (text) => progress.step(text),
      drive: dispatcher.unpackImage,
      onWarning: log.warning,
    });
  } finally {
    progress.end();
  }
}
