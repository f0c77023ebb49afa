import { fstatSync, statSync } from 'node:fs';
import { unsupported } from './fail.js';
import { runTool } from './tool.js';
import type { FileSystemPart } from './types.js';

const LOOP_MAJOR = 7n;

/**
 * Mount a file system with a loop device, which the kernel gives back with the mount.
 *
 * `noload`: the journal of a read-only file cannot be replayed. `nosuid` and `nodev` hold for what looks at the mount itself; the
 * container's root is an overlay with its own flags.
 *
 * @param target - an empty directory of ours.
 * @throws Error with the words of `mount`; PluginError `IMAGE_UNSUPPORTED` if the path has come to mean another file.
 */
export async function mountWithKernel(part: FileSystemPart, target: string): Promise<void> {
  const { type, path, offset, size } = part;
  const own = type === 'ext3' ? ['noload'] : [];
  const options = ['loop', 'ro', 'nosuid', 'nodev', ...own, `offset=${offset}`, `sizelimit=${size}`].join(',');
  await runTool('mount', ['-t', type, '-o', options, '--', path, target]);
  try {
    await checkBacking(part, target);
  } catch (error) {
    await runTool('umount', ['-l', '--', target]);
    throw error;
  }
}

// `mount` takes a path, and resolves one of /proc/self/fd: what it took must be the file that was looked at.
async function checkBacking({ fd, name }: FileSystemPart, target: string): Promise<void> {
  const said = await runTool('losetup', [
    '--list',
    '--noheadings',
    '--output',
    'BACK-INO,BACK-MAJ:MIN',
    `/dev/loop${loopOf(target)}`,
  ]);
  const [inode, numbers] = said.trim().split(/\s+/);
  const stat = fstatSync(fd, { bigint: true });
  if (inode !== `${stat.ino}` || numbers !== deviceNumbers(stat.dev)) {
    throw unsupported(name, 'another file came to be in its place while it was opened');
  }
}

/** Number of the loop device under a mount, whose `st_dev` it is. */
function loopOf(target: string): bigint {
  const { major, minor } = splitDevice(statSync(target, { bigint: true }).dev);
  if (major !== LOOP_MAJOR) throw new Error(`it is mounted from the device ${major}:${minor}, not from a loop device`);
  return minor;
}

function deviceNumbers(dev: bigint): string {
  const { major, minor } = splitDevice(dev);
  return `${major}:${minor}`;
}

// As glibc's gnu_dev_major and gnu_dev_minor do it.
function splitDevice(dev: bigint): { major: bigint; minor: bigint } {
  return {
    major: ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn),
    minor: (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n),
  };
}
