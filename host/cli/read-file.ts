import { open } from 'node:fs/promises';

/**
 * Read a file that somebody gave us, with a bound: what is bigger, or is no regular file, is refused before it is read.
 *
 * @throws Error with the bare reason; errors of the system as they are.
 */
export async function readBoundedFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new NotAFile(stats.isDirectory() ? 'it is a folder' : 'it is not a regular file');
    if (stats.size > maxBytes) throw new NotAFile(`it has ${stats.size} bytes, the limit is ${maxBytes}`);
    const bytes = new Uint8Array(stats.size);
    let filled = 0;
    while (filled < bytes.byteLength) {
      const { bytesRead } = await file.read(bytes, filled, bytes.byteLength - filled, filled);
      if (bytesRead === 0) throw new NotAFile('it became shorter while it was read');
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** The reason alone; the command says what it wanted the file for. */
class NotAFile extends Error {}
