import { fstatSync } from 'node:fs';

/**
 * Whether a file descriptor is a terminal. `node:tty` can tell, and brings all of Node's streams with it, so it is only asked
 * where the answer can be yes.
 */
export function isTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    // Closed.
    return false;
  }
}
