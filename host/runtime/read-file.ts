import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { PluginError, quote } from '../errors/index.js';

// A pipe of that name must not wait for a writer; it is refused right after.
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Read a package file whole, from one open descriptor, after checking its size.
 *
 * @returns bytes that the caller owns.
 * @throws PluginError `IO_FAILED` when it cannot be read, `LIMIT_EXCEEDED` above `maxBytes`.
 */
export async function readPackageFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, FLAGS).catch((cause: NodeJS.ErrnoException) => {
    throw new PluginError('IO_FAILED', `Cannot open ${quote(path)}: ${cause.code ?? cause.message}`, { cause });
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      throw new PluginError('IO_FAILED', `Cannot read ${quote(path)}: it is not a regular file`);
    }
    if (stats.size > maxBytes) {
      throw new PluginError(
        'LIMIT_EXCEEDED',
        `Cannot read ${quote(path)}: ${stats.size} bytes, the limit is ${maxBytes}`,
      );
    }
    const bytes = new Uint8Array(stats.size);
    let filled = 0;
    while (filled < bytes.byteLength) {
      const { bytesRead } = await file.read(bytes, filled, bytes.byteLength - filled, filled);
      if (bytesRead === 0) {
        throw new PluginError('IO_FAILED', `Cannot read ${quote(path)}: it became shorter while it was read`);
      }
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
