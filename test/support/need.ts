import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const EXTRA_PATHS = ['/usr/sbin', '/sbin'];

/**
 * Whether a program that a test drives is installed, for `test.skipIf(!needs('siftool'))`.
 *
 * With `CI=true` a missing program is an error instead: a skip there would hide a test that never runs.
 */
export function needs(command: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(':'), ...EXTRA_PATHS];
  const found = folders.some((folder) => isExecutable(join(folder, command)));
  if (!found && process.env.CI === 'true') {
    throw new Error(`This test needs ${command}, which .ci/run must install`);
  }
  if (!found) {
    console.warn(`Skipping what needs ${command}: it is not installed`);
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
