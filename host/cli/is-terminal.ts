import { fstatSync } from 'node:fs';

/** Linux numbers its devices by kind: major 1 is /dev/null, /dev/zero and the like. */
const MEMORY_DEVICES = 1;

/**
 * Whether a file descriptor is a terminal. `node:tty` can tell, and brings all of Node's streams with it, so it is only asked
 * where the answer can be yes.
 */
export function isTerminal(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    const isDevice = stats.isCharacterDevice() && majorOf(stats.rdev) !== MEMORY_DEVICES;
    return isDevice && process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    // Closed.
    return false;
  }
}

/** The middle bits of a device number; makedev(3). Numbers above 4095 have more, and none of those is 1 in these. */
function majorOf(rdev: number): number {
  return (rdev >>> 8) & 0xfff;
}
