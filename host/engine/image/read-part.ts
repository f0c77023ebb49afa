import { readSync } from 'node:fs';

/** Read up to `length` bytes at `position`; fewer only where the file ends. The caller bounds `length`. */
export function readPart(fd: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
