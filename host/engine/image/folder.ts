import { randomBytes } from 'node:crypto';
import { rmdirSync } from 'node:fs';
import type { RunDirectory } from '../common/index.js';
import { cleanupStale, createRunDirectory } from '../common/index.js';

/**
 * A folder for one open image, held like a run's: a janitor, and every later run, removes it if we are killed.
 *
 * @throws PluginError `ENGINE_FAILED` if `base` is not ours alone; the system's error if it cannot be made, on a full disk for example.
 */
export function createImageFolder(base: string): RunDirectory {
  cleanupStale(base);
  try {
    return createRunDirectory(base, `image-${randomBytes(8).toString('hex')}`);
  } catch (error) {
    removeIfEmpty(base);
    throw error;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody uses it, or it is somebody else's.
  }
}
