import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** Tools come from here alone: what runs as root must not depend on a caller's PATH, nor on a variable that a plugin set. */
export const TOOLS_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What the builtin engine runs for every container. */
export const NEEDED_TOOLS: readonly string[] = [
  'setpriv',
  'unshare',
  'nsenter',
  'mount',
  'umount',
  'pivot_root',
  'hostname',
  'sh',
];

/** @returns the absolute path of a tool in `TOOLS_PATH`, or undefined. */
export function findTool(name: string): string | undefined {
  return TOOLS_PATH.split(':')
    .map((folder) => join(folder, name))
    .find(isExecutableFile);
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
