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

export interface LayerLimits {
  /** Also of what makes no entry in the root: a small file can unpack to a hundred million headers. */
  readonly entries: number;
  /** How often it may ask whether something is to go: it can clear the same large folder over and over, by many names. */
  readonly looks: number;
}

/** Some ten seconds each. */
const LIMITS: LayerLimits = { entries: 1_000_000, looks: 10_000_000 };

/** Puts the entries of one layer into a root that has those of the layers below. */
export function createLayerSink(rootfs: Rootfs, limits: LayerLimits = LIMITS): LayerSink {
  return new Sink(rootfs, limits);
}

class Sink implements LayerSink {
  readonly #rootfs: Rootfs;
  readonly #limits: LayerLimits;
  /** Paths of this layer, without links on the way, with their parents: what a layer takes away is never its own. */
  readonly #own = new Set<string>();
  /** Targets of this layer's links: tar can say that one has a second name, a root cannot. */
  readonly #links = new Map<string, string>();
  #file: number | undefined;
  #entries = 0;
  #looks = 0;
  #devices = 0;
  #xattrs = 0;

  constructor(rootfs: Rootfs, limits: LayerLimits) {
    this.#rootfs = rootfs;
    this.#limits = limits;
  }

  get leftOut(): LeftOut {
    return { devices: this.#devices, xattrs: this.#xattrs };
  }

  entry(entry: TarEntry): void {
    this.#entries = counted(this.#entries, this.#limits.entries, 'entries');
    const path = plainPath(entry.path);
    const [folder, name] = splitLast(path);
    if (name === OPAQUE) {
      const real = this.#rootfs.real(path);
      if (real !== undefined) this.#clear(splitLast(real)[0]);
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
    const target = this.#create(path, entry);
    const real = path === '.' ? path : (this.#rootfs.real(path) ?? path);
    if (target === undefined) this.#links.delete(real);
    else this.#links.set(real, target);
    this.#remember(real);
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

  /** @returns the target, if it is a symbolic link now. */
  #create(path: string, entry: TarEntry): string | undefined {
    const meta: EntryMeta = {
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      mtimeMs: entry.mtimeSeconds * 1000,
    };
    switch (entry.kind) {
      case 'file':
        this.#file = this.#rootfs.openFile(path, meta);
        return undefined;
      case 'directory':
        this.#rootfs.directory(path, meta);
        return undefined;
      case 'symlink':
        this.#rootfs.symlink(path, entry.target, meta);
        return entry.target;
      case 'hardlink':
        return this.#hardlink(path, plainPath(entry.target), meta);
      default:
        this.#special(path, entry.kind, meta, entry);
        return undefined;
    }
  }

  #hardlink(path: string, existing: string, meta: EntryMeta): string | undefined {
    const target = this.#links.get(existing === '.' ? existing : (this.#rootfs.real(existing) ?? existing));
    if (target === undefined) this.#rootfs.hardlink(path, existing);
    else this.#rootfs.symlink(path, target, meta);
    return target;
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

  #clear(folder: string): void {
    this.#rootfs.clear(folder, (below) => {
      this.#looks = counted(this.#looks, this.#limits.looks, 'entries that are taken away or kept');
      return this.#own.has(below);
    });
  }

  #takeAway(folder: string, name: string): void {
    const path = this.#rootfs.real(folder === '.' ? name : `${folder}/${name}`);
    if (path === undefined) return;
    if (this.#own.has(path)) this.#clear(path);
    else this.#rootfs.remove(path);
  }

  #remember(path: string): void {
    for (let at = path; at !== '.' && !this.#own.has(at); at = splitLast(at)[0]) {
      this.#own.add(at);
    }
  }
}

function counted(count: number, most: number, what: string): number {
  if (count >= most) throw new Refusal('limit', `Cannot unpack more than ${most} ${what} of one layer`);
  return count + 1;
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
