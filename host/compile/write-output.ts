import { randomBytes } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PluginError, quote } from '../errors/index.js';

/**
 * Where a project's package goes, checked before any work is done.
 *
 * @throws PluginError `IO_FAILED` if it is a folder: it may hold anything, and is never replaced.
 */
export async function checkOutput(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    throw new PluginError('IO_FAILED', `Cannot write ${quote(path)}: it is a folder, a file name was needed`, {
      hint: `Name a file in it, such as ${join(path, 'plugin.sif')}.`,
    });
  }
}

/**
 * Write a file so that it is there completely or not at all; what was there before stays until then.
 *
 * @throws PluginError `IO_FAILED`.
 */
export async function writeOutput(path: string, bytes: Uint8Array): Promise<void> {
  // Beside the target: a rename does not cross file systems.
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError('IO_FAILED', `Cannot write ${quote(path)}: ${why}`, { cause });
  }
}
