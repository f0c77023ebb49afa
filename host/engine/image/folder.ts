import { randomBytes } from 'node:crypto';
import type { RunDirectory } from '../common/index.js';
import { cleanupStale, createRunDirectory } from '../common/index.js';

/**
 * A folder for one open image, held like a run's: a janitor, and every later run, removes it if we are killed.
 *
 * @throws PluginError `ENGINE_FAILED` if `base` is not ours alone.
 */
export function createImageFolder(base: string): RunDirectory {
  cleanupStale(base);
  return createRunDirectory(base, `image-${randomBytes(8).toString('hex')}`);
}
