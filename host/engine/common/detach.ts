/** Taking away the one mount that a run's folder may hold in the host's own mount namespace: an image's file system. */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { findTool, TOOLS_PATH } from './host-tools.js';

/** Where in a run's folder an image is mounted; the janitor's script has the name too. */
export const IMAGE_MOUNT = 'mnt';

const TIMEOUT_MS = 10_000;

/** As root; then as the user who mounted it with FUSE. `-l` and `-z`: a tree that is still in use goes when its last user does. */
const UMOUNTS: readonly (readonly [tool: string, ...args: string[]])[] = [
  ['umount', '-l', '--'],
  ['fusermount3', '-u', '-z', '--'],
  ['fusermount', '-u', '-z', '--'],
];

/**
 * Unmount what is mounted on `folder`/mnt, if anything is.
 *
 * Blocks for as long as the tools take: it is what a clean-up does before it removes the folder, which must not reach into an image.
 *
 * @returns whether nothing is mounted there now.
 */
export function detachImage(folder: string): boolean {
  const mount = join(folder, IMAGE_MOUNT);
  for (const [tool, ...args] of UMOUNTS) {
    if (!isMounted(folder, mount)) return true;
    const path = findTool(tool);
    if (path === undefined) continue;
    try {
      execFileSync(path, [...args, mount], {
        cwd: '/',
        env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
        stdio: 'ignore',
        timeout: TIMEOUT_MS,
      });
    } catch {
      // The next way, and in the end the caller, sees that it is still there.
    }
  }
  return !isMounted(folder, mount);
}

function isMounted(folder: string, mount: string): boolean {
  try {
    const there = statSync(mount, { throwIfNoEntry: false });
    return there !== undefined && there.dev !== statSync(folder).dev;
  } catch {
    // A FUSE mount whose program is gone: nothing else refuses to be looked at here.
    return true;
  }
}
