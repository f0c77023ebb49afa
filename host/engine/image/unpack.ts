import { roomIn } from '../../capability/index.js';
import { escapeControls, quote } from '../../errors/index.js';
import { findTool } from '../common/index.js';
import { hasRoom, outOfRoom } from './room.js';
import { IMAGE_PATH, runTool } from './tool.js';
import type { FileSystemPart } from './types.js';

/** Largest single file, sparse ones included. */
const MAX_FILE_BYTES = 2 ** 40;
const CHECK_EVERY_MS = 200;
/** unsquashfs: done, but for what it then names: device nodes that may not be made here, attributes that could not be set. */
const NOT_ALL = 2;
/** What every ordinary user lives without: devices, which the container gets its own of. */
const DEVICE = /^create_inode: (could not create|failed to create) (block|character) device /;
const MAX_LINES = 3;
const FULL = /No space left on device|Disk quota exceeded/;

export interface UnpackOptions {
  readonly uid: number;
  readonly onProgress: (text: string) => void;
  readonly onWarning: (text: string) => void;
}

/**
 * Unpack a squashfs file system.
 *
 * The program gets the open file, not its path, and ends when we do. Room is watched while it runs.
 *
 * @param target - an empty directory of ours; becomes the root of the file system, with its mode.
 * @throws Error with the program's words; PluginError `LIMIT_EXCEEDED` where it takes the room that others need.
 */
export async function unpack(part: FileSystemPart, target: string, options: UnpackOptions): Promise<void> {
  const { uid, onProgress } = options;
  if (part.type !== 'squashfs') throw new Error('only squashfs can be unpacked');
  if (findTool('unsquashfs') === undefined) throw new Error('unsquashfs is not installed');
  const before = roomIn(target).bytes;
  const full = new AbortController();
  const say = (bytes: number) => onProgress(`Unpacking ${quote(part.name)}: ${Math.round(bytes / 2 ** 20)} MiB so far`);
  say(0);
  const look = () => {
    if (!hasRoom(target)) full.abort();
    say(Math.max(0, before - roomIn(target).bytes));
  };
  const watch = setInterval(look, CHECK_EVERY_MS);
  // Attributes such as file capabilities are root's to set, and an overlay of an ordinary user could not show them.
  const attributes = uid === 0 ? [] : ['-no-xattrs'];
  const list = ['-no-progress', ...attributes, '-offset', `${part.offset}`, '-force', '-dest', target, IMAGE_PATH];
  try {
    look();
    full.signal.throwIfAborted();
    await runTool('prlimit', [`--fsize=${MAX_FILE_BYTES}`, '--', 'unsquashfs', ...list], {
      fd: part.fd,
      partly: NOT_ALL,
      onPartly: (said) => warnOfMissing(part.name, said, target, options),
      signal: full.signal,
      tied: true,
    });
    // It may have been done before the first look.
    look();
    full.signal.throwIfAborted();
  } catch (error) {
    const isFull = full.signal.aborted || (error instanceof Error && FULL.test(error.message));
    throw isFull ? outOfRoom(part.name, error) : error;
  } finally {
    clearInterval(watch);
  }
}

/** Exported for tests. @param said - by unsquashfs, one line for each thing that is missing. */
export function warnOfMissing(
  image: string,
  said: string,
  target: string,
  { uid, onWarning }: Pick<UnpackOptions, 'uid' | 'onWarning'>,
): void {
  // Of what is too long only the beginning is there: the last line may be cut.
  const whole = said.slice(0, said.lastIndexOf('\n') + 1).split('\n');
  const lines = whole.filter((line) => line !== '' && !(uid !== 0 && DEVICE.test(line)));
  if (lines.length === 0) return;
  const first = lines.slice(0, MAX_LINES).map((line) => escapeControls(line.replaceAll(`${target}/`, '/')));
  const more = lines.length > MAX_LINES ? `; and ${lines.length - MAX_LINES} more` : '';
  onWarning(`not everything in the image ${quote(image)} could be unpacked: ${first.join('; ')}${more}`);
}
