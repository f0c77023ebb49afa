import { type EntryMeta, Refusal, type Rootfs, type SpecialKind } from '../../capability/index.js';
import type { TarEntry, TarSink } from './tar/index.js';

/** Counts of what an image has and the new root has not. */
export interface LeftOut {
  /** Device nodes and FIFOs that the policy of the root does not allow. */
  readonly devices: number;
  /** Entries with extended attributes, such as file capabilities. */
  readonly xattrs: number;
}

export interface LayerSink extends TarSink {
  readonly leftOut: LeftOut;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** What a file system that made layers once kept for itself. */
const PRIVATE = '.wh..wh.';

/** Puts the entries of one layer into a root that has those of the layers below. */
export function createLayerSink(rootfs: Rootfs): LayerSink {
  return new Sink(rootfs);
}

class Sink implements LayerSink {
  readonly #rootfs: Rootfs;
  /** Paths of this layer with their parents: what a layer takes away is never its own. */
  readonly #own = new Set<string>();
  /** Targets of this layer's links: tar can say that one has a second name, a root cannot. */
  readonly #links = new Map<string, string>();
  #file: number | undefined;
  #devices = 0;
  #xattrs = 0;

  constructor(rootfs: Rootfs) {
    this.#rootfs = rootfs;
  }

  get leftOut(): LeftOut {
    return { devices: this.#devices, xattrs: this.#xattrs };
  }

  entry(entry: TarEntry): void {
    const path = plainPath(entry.path);
    const [folder, name] = splitLast(path);
    if (name === OPAQUE) {
      this.#rootfs.clear(folder, (below) => this.#own.has(below));
      return;
    }
    if (path.split('/').some((part) => part.startsWith(PRIVATE))) {
      return;
    }
    if (name.startsWith(WHITEOUT)) {
      this.#takeAway(folder, name.slice(WHITEOUT.length));
      return;
    }
    this.#xattrs += entry.hasXattrs ? 1 : 0;
    this.#create(path, entry);
    this.#remember(path);
  }

  data(bytes: Uint8Array): void {
    if (this.#file !== undefined) {
      this.#rootfs.write(this.#file, bytes);
    }
  }

  end(): void {
    if (this.#file !== undefined) {
      this.#rootfs.finish(this.#file);
      this.#file = undefined;
    }
  }

  #create(path: string, entry: TarEntry): void {
    const meta: EntryMeta = {
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      mtimeMs: entry.mtimeSeconds * 1000,
    };
    this.#links.delete(path);
    switch (entry.kind) {
      case 'file':
        this.#file = this.#rootfs.openFile(path, meta);
        break;
      case 'directory':
        this.#rootfs.directory(path, meta);
        break;
      case 'symlink':
        this.#link(path, entry.target, meta);
        break;
      case 'hardlink':
        this.#hardlink(path, plainPath(entry.target), meta);
        break;
      default:
        this.#special(path, entry.kind, meta, entry);
    }
  }

  #link(path: string, target: string, meta: EntryMeta): void {
    this.#rootfs.symlink(path, target, meta);
    this.#links.set(path, target);
  }

  #hardlink(path: string, existing: string, meta: EntryMeta): void {
    const target = this.#links.get(existing);
    if (target === undefined) {
      this.#rootfs.hardlink(path, existing);
    } else {
      this.#link(path, target, meta);
    }
  }

  #special(path: string, kind: SpecialKind, meta: EntryMeta, { major, minor }: TarEntry): void {
    try {
      this.#rootfs.special(path, kind, meta, ...(kind === 'fifo' ? [] : ([major, minor] as const)));
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'denied') {
        throw error;
      }
      this.#devices += 1;
    }
  }

  #takeAway(folder: string, name: string): void {
    const path = folder === '.' ? name : `${folder}/${name}`;
    if (this.#own.has(path)) {
      this.#rootfs.clear(path, (below) => this.#own.has(below));
    } else {
      this.#rootfs.remove(path);
    }
  }

  #remember(path: string): void {
    for (let at = path; at !== '.' && !this.#own.has(at); at = splitLast(at)[0]) {
      this.#own.add(at);
    }
  }
}

/** As a root takes it: tools write `./a`, `/a` and `a/`. A `..` stays, and is refused there. */
function plainPath(path: string): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  return names.length === 0 ? '.' : names.join('/');
}

function splitLast(path: string): [folder: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['.', path] : [path.slice(0, slash), path.slice(slash + 1)];
}
