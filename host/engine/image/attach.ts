/**
 * The ways to a directory with the content of a file system, best first:
 *
 *   mount    root: a loop mount in a folder of ours                     nothing is copied
 *   FUSE     squashfuse or fuse2fs, where /dev/fuse may be used         nothing is copied
 *   unpack   unsquashfs into a temporary folder                         works everywhere, takes time and room
 *
 * Each is tried, not judged by what is installed: whether a mount works hangs on modules, devices and containers around us.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError } from '../../errors/index.js';
import { IMAGE_MOUNT } from '../common/index.js';
import { unsupported } from './fail.js';
import { createImageFolder } from './folder.js';
import { mountWithFuse } from './fuse.js';
import { mountWithKernel } from './kernel-mount.js';
import { saysFull } from './room.js';
import type { FileSystemPart, ImageAccess } from './types.js';
import { unpack } from './unpack.js';

export interface AttachOptions {
  readonly uid: number;
  readonly access: ImageAccess;
  readonly runBase: string;
  readonly unpackBase: string;
  readonly onProgress: (text: string) => void;
  readonly onWarning: (text: string) => void;
}

export interface Attached {
  readonly rootfs: string;
  /** Take it back. @throws Error if something stays. */
  remove(): void;
}

interface Way {
  readonly name: string;
  readonly base: string;
  /** Name of the directory in the run's folder. */
  readonly directory: string;
  /** @throws Error with the reason why this way does not work here. */
  run(target: string): Promise<void>;
}

const UNPACKED = 'unpacked';
/** `rdump` of debugfs would unpack it, but follows names of the image out of the folder. */
const CONVERT = 'convert the image to squashfs once, for example with: apptainer build NEW.sif OLD';

/**
 * @returns the directory, by the first way that works.
 * @throws PluginError `IMAGE_UNSUPPORTED` with the reason of each way that was tried; `LIMIT_EXCEEDED` if unpacking takes too much
 *   room. Nothing is left then.
 */
export async function attach(part: FileSystemPart, options: AttachOptions): Promise<Attached> {
  const problems: string[] = [];
  for (const way of waysFor(part, options)) {
    const folder = createImageFolder(way.base);
    const rootfs = join(folder.path, way.directory);
    try {
      mkdirSync(rootfs, { mode: 0o700 });
      await way.run(rootfs);
      return { rootfs, remove: () => folder.remove() };
    } catch (error) {
      folder.remove();
      if (error instanceof PluginError || saysFull(error)) throw error;
      problems.push(`${way.name}: ${(error as Error).message}`);
    }
  }
  throw unsupported(
    part.name,
    `its ${part.type} file system cannot be read here (${problems.join('; ')})`,
    hintFor(part, options),
  );
}

function waysFor(part: FileSystemPart, options: AttachOptions): Way[] {
  const { uid, access, runBase, unpackBase } = options;
  const mounts: Way[] = [
    { name: 'mount', base: runBase, directory: IMAGE_MOUNT, run: (target) => mountWithKernel(part, target) },
    { name: 'FUSE', base: runBase, directory: IMAGE_MOUNT, run: (target) => mountWithFuse(part, target, uid) },
  ];
  const copy: Way = {
    name: 'unpacking',
    base: unpackBase,
    directory: UNPACKED,
    run: (target) => unpack(part, target, options),
  };
  return [...(access === 'unpack' ? [] : mounts.slice(uid === 0 ? 0 : 1)), copy];
}

function hintFor({ type }: FileSystemPart, { access, uid }: AttachOptions): string {
  if (type === 'squashfs') {
    return access === 'unpack' || uid === 0
      ? 'Install squashfs-tools, or see whether the image is broken with: unsquashfs -s'
      : 'Install squashfs-tools, or squashfuse and make /dev/fuse accessible.';
  }
  if (access === 'unpack') return `Leave out --unpack: ext3 can only be mounted. Or ${CONVERT}`;
  return uid === 0
    ? `Load the modules loop and ext4, or install fuse2fs. Or ${CONVERT}`
    : `Install fuse2fs and make /dev/fuse accessible, or run it as root. Or ${CONVERT}`;
}
