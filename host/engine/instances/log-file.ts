/**
 * What a detached container has printed: `log`, and `log.1` with what came before it. Both together are bounded, for the folder
 * that they are in is often memory.
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A file begins anew at this size, so between one and two of these are kept. */
export const MAX_LOG_BYTES = 1024 * 1024;
export const LOG_NAME = 'log';
const OLDER_NAME = 'log.1';
const CHUNK_BYTES = 64 * 1024;

export interface LogWriter {
  /** What cannot be written, on a full disk, is lost: it must not end the container. */
  write(chunk: string | Uint8Array): void;
  close(): void;
}

/** Write to the log in `folder`, after what is there. */
export function openLogWriter(folder: string, maxBytes: number = MAX_LOG_BYTES): LogWriter {
  const path = join(folder, LOG_NAME);
  let fd = openSync(path, 'a', 0o600);
  let size = fstatSync(fd).size;
  const writePart = (part: Uint8Array): void => {
    if (size > 0 && part.byteLength > maxBytes - size) {
      renameSync(path, join(folder, OLDER_NAME));
      const next = openSync(path, 'a', 0o600);
      closeSync(fd);
      [fd, size] = [next, 0];
    }
    for (let done = 0; done < part.byteLength; ) done += writeSync(fd, part, done);
    size += part.byteLength;
  };
  return {
    write(chunk) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      try {
        for (let at = 0; at < bytes.byteLength; at += maxBytes) writePart(bytes.subarray(at, at + maxBytes));
      } catch {
        // See above.
      }
    },
    close: () => closeSync(fd),
  };
}

export interface LogReader {
  /** The next bytes, a new array each time; undefined at the end as it is now. */
  read(): Uint8Array | undefined;
  close(): void;
}

/** Read from the oldest byte that is kept. A reader that is two files behind misses what was dropped meanwhile. */
export function openLogReader(folder: string): LogReader {
  const path = join(folder, LOG_NAME);
  let fd = openIfThere(join(folder, OLDER_NAME)) ?? openIfThere(path);
  const readMore = (): Uint8Array | undefined => {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const size = fd === undefined ? 0 : readSync(fd, chunk);
    return size === 0 ? undefined : chunk.subarray(0, size);
  };
  return {
    read() {
      fd ??= openIfThere(path);
      const found = readMore();
      if (found !== undefined || fd === undefined) return found;
      const current = statSync(path, { throwIfNoEntry: false });
      if (current === undefined || current.ino === fstatSync(fd).ino) return undefined;
      // It has another name by now. Once more, for what came between our reading and the renaming.
      const last = readMore();
      if (last !== undefined) return last;
      closeSync(fd);
      fd = openIfThere(path);
      return readMore();
    },
    close() {
      if (fd !== undefined) closeSync(fd);
    },
  };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
