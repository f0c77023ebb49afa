import { existsSync } from 'node:fs';
import { findTool } from '../common/index.js';
import { whatIsMissing } from './fuse.js';

/** One way from an image file to a folder (attach.ts). */
export interface ImageWayFacts {
  readonly way: 'mount' | 'FUSE' | 'unpack';
  readonly fileSystem: 'squashfs' | 'ext3';
  /** What is missing, as sentences. Empty is no promise: only an image shows whether a kernel mounts it. */
  readonly problems: readonly string[];
}

/**
 * What the ways need and this machine lacks, for `doctor`.
 *
 * @param uid - of who runs containers: only root can mount.
 */
export function probeImageWays(uid: number): ImageWayFacts[] {
  const mount = uid === 0 ? [...missing('mount', 'losetup'), ...loopDevices()] : ['only root can mount'];
  const fuse = whatIsMissing(uid);
  const viaFuse = (tool: string) => [...missing(tool), ...(fuse === undefined ? [] : [fuse])];
  return [
    { way: 'mount', fileSystem: 'squashfs', problems: mount },
    { way: 'mount', fileSystem: 'ext3', problems: mount },
    { way: 'FUSE', fileSystem: 'squashfs', problems: viaFuse('squashfuse') },
    { way: 'FUSE', fileSystem: 'ext3', problems: viaFuse('fuse2fs') },
    { way: 'unpack', fileSystem: 'squashfs', problems: missing('unsquashfs') },
  ];
}

function missing(...tools: readonly string[]): string[] {
  return tools.filter((tool) => findTool(tool) === undefined).map((tool) => `${tool} is not installed`);
}

function loopDevices(): string[] {
  return existsSync('/dev/loop-control') || existsSync('/dev/loop0') ? [] : ['there are no loop devices in /dev'];
}
