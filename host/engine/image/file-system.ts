/**
 * The superblocks of squashfs and ext2/3/4: just enough to tell them, and to tell a file that was cut short.
 *
 * Formats: Linux, fs/squashfs/squashfs_fs.h (squashfs 4.0) and fs/ext4/ext4.h. Little-endian both.
 */
import { unsupported } from './fail.js';
import { readPart } from './read-part.js';

const SQUASHFS_MAGIC = 0x7371_7368; // "hsqs"
const SQUASHFS = { major: 28, bytesUsed: 40, size: 96 } as const;
const EXT_AT = 1024;
const EXT_MAGIC = 0xef53;
const EXT = { blocksLow: 4, logBlockSize: 24, magic: 56, incompatible: 96, blocksHigh: 336, size: 340 } as const;
const EXT_64BIT = 0x80;
/** 64 KiB, as large as blocks can be. */
const EXT_MAX_LOG_BLOCK_SIZE = 6;

/**
 * Tell the file system at `offset` of an open file.
 *
 * @param size - bytes from `offset` that may belong to it.
 * @returns undefined if it is neither.
 * @throws PluginError `IMAGE_UNSUPPORTED` if it needs more than `size` bytes, or is of a version that nothing here reads.
 */
export function detectFileSystem(
  fd: number,
  offset: number,
  size: number,
  image: string,
): 'squashfs' | 'ext3' | undefined {
  const head = readPart(fd, offset, Math.min(size, EXT_AT + EXT.size));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length >= 4 && view.getUint32(0, true) === SQUASHFS_MAGIC) {
    checkSquashfs(view, size, image);
    return 'squashfs';
  }
  if (head.length >= EXT_AT + EXT.size && view.getUint16(EXT_AT + EXT.magic, true) === EXT_MAGIC) {
    checkExt(new DataView(head.buffer, head.byteOffset + EXT_AT, EXT.size), size, image);
    return 'ext3';
  }
  return undefined;
}

function checkSquashfs(view: DataView, size: number, image: string): void {
  if (view.byteLength < SQUASHFS.size) throw cutShort(image, size, BigInt(SQUASHFS.size));
  const major = view.getUint16(SQUASHFS.major, true);
  if (major !== 4) throw unsupported(image, `it is squashfs of version ${major}, only 4 is known`);
  const needed = view.getBigUint64(SQUASHFS.bytesUsed, true);
  if (needed > BigInt(size)) throw cutShort(image, size, needed);
}

function checkExt(view: DataView, size: number, image: string): void {
  const log = view.getUint32(EXT.logBlockSize, true);
  if (log > EXT_MAX_LOG_BLOCK_SIZE) throw unsupported(image, `its ext3 file system has blocks of 2^${log + 10} bytes`);
  const wide = (view.getUint32(EXT.incompatible, true) & EXT_64BIT) !== 0;
  const high = wide ? BigInt(view.getUint32(EXT.blocksHigh, true)) << 32n : 0n;
  const needed = (high + BigInt(view.getUint32(EXT.blocksLow, true))) << BigInt(log + 10);
  if (needed > BigInt(size)) throw cutShort(image, size, needed);
}

function cutShort(image: string, size: number, needed: bigint) {
  return unsupported(
    image,
    `its file system has ${needed} bytes, there are ${size}`,
    'Fetch the image again; the file looks truncated.',
  );
}
