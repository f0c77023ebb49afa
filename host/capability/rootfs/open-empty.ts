import { closeSync, fchmodSync, readdirSync, readlinkSync } from 'node:fs';
import { PluginError, quote } from '../../errors/index.js';
import { openFolder } from './remove.js';
import { systemCode } from './system-error.js';

/**
 * Open the empty folder that is to become a root, and close it to others.
 *
 * @returns a descriptor that the caller closes.
 * @throws PluginError `IO_FAILED` as `createRootfs`.
 */
export function openEmpty(dir: string): number {
  let handle: number | undefined;
  try {
    handle = openFolder(dir);
    const pinned = `/proc/self/fd/${handle}`;
    readlinkSync(pinned);
    if (readdirSync(pinned).length > 0) {
      throw new Error('it is not empty');
    }
    fchmodSync(handle, 0o700);
    return handle;
  } catch (cause) {
    if (handle !== undefined) {
      closeSync(handle);
    }
    const why = systemCode(cause) ?? (cause as Error).message;
    throw new PluginError('IO_FAILED', `Cannot make a root file system in ${quote(dir)}: ${why}`, { cause });
  }
}
