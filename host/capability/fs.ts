import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readSync,
  rmdirSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { capabilities } from '../abi/index.js';
import type { SyncCapability } from '../sandbox/index.js';
import { Refusal, type RefusalCode } from './answer.js';
import { type FsRoot, withConfined } from './confined.js';
import { capability } from './define.js';

/** One answer holds at most this much of a file; a plugin reads on with `offset` until `eof`. */
export const MAX_READ_BYTES = 1024 * 1024;
/** Folders with more entries are refused rather than cut, so that a plugin never acts on half a listing. */
export const MAX_LIST_ENTRIES = 10_000;

// O_NONBLOCK: opening a FIFO must not hang the host; what is not a regular file is refused right after.
const OPEN_SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** `wasm-plugin:host/fs`: regular files and folders under the granted roots; symbolic links and `..` cannot leave them. */
export function fsCapability(roots: readonly FsRoot[]): SyncCapability {
  return capability(capabilities.fs, (request) => {
    const { op, path } = request;
    const write = op === 'write' || op === 'remove' || op === 'mkdir';
    return explained(op, path, () =>
      withConfined(roots, path, { write, follow: op !== 'remove' && op !== 'stat' }, (pinned) => {
        switch (op) {
          case 'read':
            return read(pinned, request.offset ?? 0, request.length ?? MAX_READ_BYTES);
          case 'write':
            return writeFile(pinned, request.data ?? new Uint8Array(0), request.offset ?? 0, request.append ?? false);
          case 'stat': {
            const stats = lstatSync(pinned);
            return { size: stats.size, kind: kindOf(stats) };
          }
          case 'list':
            return { entries: list(pinned) };
          case 'remove':
            remove(pinned);
            return {};
          case 'mkdir':
            mkdirSync(pinned);
            return {};
        }
      }),
    );
  });
}

function read(pinned: string, offset: number, length: number): { data: Uint8Array; size: number; eof: boolean } {
  if (offset < 0 || length < 0) {
    throw new Refusal('invalid', `Cannot read ${length} bytes at ${offset}`);
  }
  const file = openSync(pinned, constants.O_RDONLY | OPEN_SAFELY);
  try {
    const { size } = regular(fstatSync(file));
    const data = Buffer.alloc(Math.min(length, MAX_READ_BYTES));
    const count = readSync(file, data, 0, data.byteLength, offset);
    return { data: data.subarray(0, count), size, eof: offset + count >= size };
  } finally {
    closeSync(file);
  }
}

/** Without `append` and at offset 0 the file is replaced; a later offset writes a further piece of it. */
function writeFile(pinned: string, data: Uint8Array, offset: number, append: boolean): { size: number } {
  if (offset < 0) {
    throw new Refusal('invalid', `Cannot write at ${offset}`);
  }
  const mode = append ? constants.O_APPEND : 0;
  const file = openSync(pinned, constants.O_WRONLY | constants.O_CREAT | mode | OPEN_SAFELY, 0o644);
  try {
    regular(fstatSync(file));
    if (!append && offset === 0) {
      ftruncateSync(file);
    }
    let done = 0;
    while (done < data.byteLength) {
      done += writeSync(file, data, done, data.byteLength - done, append ? null : offset + done);
    }
    return { size: fstatSync(file).size };
  } finally {
    closeSync(file);
  }
}

function list(pinned: string): string[] {
  // opendir would follow a link that somebody puts there meanwhile; a folder that is open stays that folder.
  const file = openSync(pinned, constants.O_RDONLY | constants.O_DIRECTORY | OPEN_SAFELY);
  try {
    return namesIn(`/proc/self/fd/${file}`);
  } finally {
    closeSync(file);
  }
}

function namesIn(path: string): string[] {
  const folder = opendirSync(path);
  try {
    const names: string[] = [];
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      if (names.length === MAX_LIST_ENTRIES) {
        throw new Refusal('limit', `Cannot list more than ${MAX_LIST_ENTRIES} entries`);
      }
      names.push(entry.name);
    }
    return names.sort();
  } finally {
    folder.closeSync();
  }
}

function remove(pinned: string): void {
  if (lstatSync(pinned).isDirectory()) {
    rmdirSync(pinned);
  } else {
    unlinkSync(pinned);
  }
}

function regular(stats: Stats): Stats {
  if (!stats.isFile()) {
    throw new Refusal('denied', 'Cannot open what is not a regular file');
  }
  return stats;
}

function kindOf(stats: Stats): 'file' | 'directory' | 'symlink' | 'other' {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}

const REFUSALS: ReadonlyMap<string, RefusalCode> = new Map([
  ['ENOENT', 'missing'],
  ['ENOTDIR', 'missing'],
  ['EEXIST', 'exists'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
  ['EROFS', 'denied'],
  ['ELOOP', 'denied'],
  ['EDQUOT', 'limit'],
  ['ENOSPC', 'limit'],
  ['EFBIG', 'limit'],
]);

/** The system's errors are outcomes for the guest, told by code; its texts hold paths of the host and stay here. */
function explained<T>(op: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && 'code' in error) {
      const code = String(error.code);
      throw new Refusal(REFUSALS.get(code) ?? 'failed', `Cannot ${op} ${JSON.stringify(path)}: ${code}`);
    }
    throw error;
  }
}
