import { statfsSync } from 'node:fs';
import { PluginError, quote } from '../../errors/index.js';
import { findTool } from '../common/index.js';
import { IMAGE_PATH, runTool } from './tool.js';
import type { FileSystemPart } from './types.js';

/** What unpacking leaves free in the temporary folder: a small image can hold petabytes of zeros. */
const MIN_FREE_BYTES = 256 * 2 ** 20;
/** Largest single file, sparse ones included. */
const MAX_FILE_BYTES = 2 ** 40;
const CHECK_EVERY_MS = 200;
/** unsquashfs: done, but not everything can be made here, such as device nodes by an ordinary user. */
const NOT_ALL = 2;

export interface UnpackOptions {
  readonly uid: number;
  readonly onProgress: (text: string) => void;
}

/**
 * Unpack a squashfs file system.
 *
 * The program gets the open file, not its path, and ends when we do. Room is watched while it runs.
 *
 * @param target - an empty directory of ours; becomes the root of the file system, with its mode.
 * @throws Error with the program's words; PluginError `LIMIT_EXCEEDED` where it takes the room that others need.
 */
export async function unpack(part: FileSystemPart, target: string, { uid, onProgress }: UnpackOptions): Promise<void> {
  if (part.type !== 'squashfs') throw new Error('only squashfs can be unpacked');
  if (findTool('unsquashfs') === undefined) throw new Error('unsquashfs is not installed');
  const before = freeBytes(target);
  const full = new AbortController();
  const say = (bytes: number) => onProgress(`Unpacking ${quote(part.name)}: ${Math.round(bytes / 2 ** 20)} MiB so far`);
  say(0);
  const look = () => {
    const free = freeBytes(target);
    if (free < MIN_FREE_BYTES) full.abort();
    say(Math.max(0, before - free));
  };
  const watch = setInterval(look, CHECK_EVERY_MS);
  // Attributes such as file capabilities are root's to set, and an overlay of an ordinary user could not show them.
  const attributes = uid === 0 ? [] : ['-no-xattrs'];
  const list = ['-no-progress', ...attributes, '-offset', `${part.offset}`, '-force', '-dest', target, IMAGE_PATH];
  try {
    await runTool('prlimit', [`--fsize=${MAX_FILE_BYTES}`, '--', 'unsquashfs', ...list], {
      fd: part.fd,
      accept: [0, NOT_ALL],
      signal: full.signal,
      tied: true,
    });
    // It may have been done before the first look.
    look();
    full.signal.throwIfAborted();
  } catch (error) {
    if (!full.signal.aborted) throw error;
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot unpack the image ${quote(part.name)}: the temporary folder is full`,
      {
        cause: error,
        hint: 'Set TMPDIR to a folder with more room.',
        details: { minFreeBytes: MIN_FREE_BYTES },
      },
    );
  } finally {
    clearInterval(watch);
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
