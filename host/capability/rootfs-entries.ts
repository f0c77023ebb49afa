import { capabilities, type Infer } from '../abi/index.js';
import type { SyncCapability } from '../sandbox/index.js';
import { Refusal } from './answer.js';
import { dataCapability } from './define.js';
import type { EntryMeta, Rootfs, SpecialKind } from './rootfs/index.js';

type Entry = Infer<typeof capabilities.rootfs.request>['entries'][number];

/** The root that a call may write, with the file that it has begun. */
export interface OpenRootfs {
  readonly rootfs: Rootfs;
  /** Number of the file that the next `append` continues. */
  file: number | undefined;
}

/**
 * `wasm-plugin:host/rootfs`: entries of the new root, in order, many in a message.
 *
 * @param current - the root of the call that is going on; undefined outside of one, and while an image is only looked at.
 */
export function rootfsCapability(current: () => OpenRootfs | undefined): SyncCapability {
  return dataCapability(capabilities.rootfs, ({ entries }) => {
    const open = current();
    if (open === undefined) {
      throw new Refusal('denied', 'Cannot create an entry: only an image-driver may, while it unpacks');
    }
    let skipped = 0;
    for (const entry of entries) {
      if (!create(open, entry)) {
        skipped += 1;
      }
    }
    return { skipped };
  });
}

/** @returns false if it was left out. */
function create(open: OpenRootfs, entry: Entry): boolean {
  const { rootfs } = open;
  const { op, path } = entry;
  if ((open.file !== undefined) !== (op === 'append')) {
    throw new Refusal('invalid', `Cannot ${op} now: an append follows a file with more, and nothing else does`);
  }
  switch (op) {
    case 'directory':
      rootfs.directory(path, metaOf(entry));
      return true;
    case 'file':
      beginFile(open, entry);
      return true;
    case 'append':
      append(open, entry);
      return true;
    case 'symlink':
      rootfs.symlink(path, targetOf(entry), metaOf(entry));
      return true;
    case 'hardlink':
      rootfs.hardlink(path, targetOf(entry));
      return true;
    case 'character-device':
    case 'block-device':
    case 'fifo':
      return special(rootfs, op, entry);
    case 'meta':
      rootfs.setMeta(path, metaOf(entry));
      return true;
    case 'remove':
      rootfs.remove(path);
      return true;
  }
}

function beginFile(open: OpenRootfs, { path, more, data = new Uint8Array(0), ...rest }: Entry): void {
  if (more !== true) {
    open.rootfs.file(path, metaOf(rest), data);
    return;
  }
  open.file = open.rootfs.openFile(path, metaOf(rest));
  open.rootfs.write(open.file, data);
}

function append(open: OpenRootfs, { more, data }: Entry): void {
  const file = open.file as number;
  if (data !== undefined) {
    open.rootfs.write(file, data);
  }
  if (more !== true) {
    open.file = undefined;
    open.rootfs.finish(file);
  }
}

/** Few roots may hold devices, and an image that has some is of use without them: its driver is told how many are missing. */
function special(rootfs: Rootfs, kind: SpecialKind, entry: Entry): boolean {
  try {
    rootfs.special(entry.path, kind, metaOf(entry), entry.major, entry.minor);
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'denied') {
      return false;
    }
    throw error;
  }
}

function targetOf({ op, path, target }: Entry): string {
  if (target === undefined) {
    throw new Refusal('invalid', `Cannot make ${op} ${JSON.stringify(path)}: it has no target`);
  }
  return target;
}

function metaOf({ mode, uid, gid, mtime, mtimeNs = 0 }: Omit<Entry, 'op' | 'path'>): EntryMeta {
  return { mode, uid, gid, mtimeMs: mtime === undefined ? undefined : mtime * 1000 + mtimeNs / 1e6 };
}
