import { accessSync, constants } from 'node:fs';
import { findTool } from '../common/index.js';
import { IMAGE_PATH, runTool } from './tool.js';
import type { FileSystemPart } from './types.js';

const PROGRAMS = { squashfs: 'squashfuse', ext3: 'fuse2fs' } as const;

/**
 * Mount a file system with a program of FUSE, which goes on in the background and ends with the mount.
 *
 * The program gets the open file, not its path. As root everybody may look at the mount, as far as its modes allow: the folder above
 * it is closed, and a container's users are many.
 *
 * @param target - an empty directory of ours.
 * @throws Error with what is missing, or the program's words.
 */
export async function mountWithFuse({ type, fd, offset }: FileSystemPart, target: string, uid: number): Promise<void> {
  const problem = whatIsMissing(uid);
  if (problem !== undefined) throw new Error(problem);
  const own = type === 'ext3' ? ['norecovery'] : [];
  const shared = uid === 0 ? ['allow_other'] : [];
  const options = ['ro', 'nosuid', 'nodev', 'default_permissions', ...shared, ...own, `offset=${offset}`].join(',');
  await runTool(PROGRAMS[type], ['-o', options, IMAGE_PATH, target], { fd });
}

/** @returns why FUSE cannot be used at all. */
export function whatIsMissing(uid: number): string | undefined {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch {
    return '/dev/fuse is not accessible';
  }
  const mounter = findTool('fusermount3') ?? findTool('fusermount');
  return uid !== 0 && mounter === undefined ? 'fusermount3 is not installed' : undefined;
}
