import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A pipe of that name must not wait for a writer; it is refused right after. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Read a file that somebody gave us, with a bound: what is bigger, or is no regular file, is refused before it is read.
 *
 * @throws Error with the bare reason; errors of the system as they are.
 */
export function readBoundedFile(path: string, maxBytes: number): Uint8Array {
  const file = openSync(path, FLAGS);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new UnreadableFile(stats.isDirectory() ? 'it is a folder' : 'it is not a regular file');
    if (stats.size > maxBytes) throw new UnreadableFile(`it has ${stats.size} bytes, the limit is ${maxBytes}`);
    const bytes = new Uint8Array(stats.size);
    for (let filled = 0; filled < bytes.byteLength; ) {
      const count = readSync(file, bytes, filled, bytes.byteLength - filled, filled);
      if (count === 0) throw new UnreadableFile('it became shorter while it was read');
      filled += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** The reason alone; the command says what it wanted the file for. */
class UnreadableFile extends Error {}
