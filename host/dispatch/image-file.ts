import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { PluginError, quote } from '../errors/index.js';

/** An image that is open, and what drivers see of it first. */
export interface ImageFile {
  readonly kind: 'file' | 'directory';
  /** Undefined for a directory. */
  readonly file: number | undefined;
  /** In bytes; 0 for a directory. */
  readonly size: number;
  readonly head: Uint8Array;
}

/** Formats say who they are in their first bytes; tar in its first 512, ISO 9660 after 32 KiB. */
export const HEAD_BYTES = 64 * 1024;

// O_NONBLOCK: opening a FIFO must not hang the host; what is neither file nor folder is refused right after.
const OPEN = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Open an image for the length of `use`.
 *
 * @throws PluginError `IO_FAILED`; `IMAGE_UNSUPPORTED` for a socket, device or FIFO. And what `use` throws.
 */
export async function withImageFile<T>(path: string, use: (image: ImageFile) => Promise<T>): Promise<T> {
  const file = reading(path, () => openSync(path, OPEN));
  try {
    return await use(reading(path, () => look(path, file)));
  } finally {
    closeSync(file);
  }
}

function look(path: string, file: number): ImageFile {
  const stats = fstatSync(file);
  if (stats.isDirectory()) {
    return { kind: 'directory', file: undefined, size: 0, head: new Uint8Array(0) };
  }
  if (!stats.isFile()) {
    throw new PluginError(
      'IMAGE_UNSUPPORTED',
      `Cannot read image ${quote(path)}: it is neither a file nor a directory`,
    );
  }
  const head = new Uint8Array(Math.min(HEAD_BYTES, stats.size));
  const count = readSync(file, head, 0, head.byteLength, 0);
  return { kind: 'file', file, size: stats.size, head: head.subarray(0, count) };
}

function reading<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && 'syscall' in cause) {
      throw new PluginError('IO_FAILED', `Cannot read image ${quote(path)}: ${cause.code}`, { cause });
    }
    throw cause;
  }
}
