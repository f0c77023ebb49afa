/**
 * The folders of one root: which there are, and descriptors of those used last.
 *
 * Nobody but this root creates anything in it, so a folder that stands here is one on disk, and what does not is something else.
 * Whatever is on disk, a folder is opened relative to its parent's descriptor without following links.
 */
import { closeSync } from 'node:fs';
import type { ExactMeta } from './metadata.js';
import { openFolder } from './remove.js';

/** Deeper than this, opening a folder reopens some of its parents. Images seldom go deeper at one place. */
const KEPT_OPEN = 128;

export interface Folder {
  readonly name: string;
  /** Undefined for the root. */
  readonly parent: Folder | undefined;
  readonly depth: number;
  /** Of its path from the root, with a slash at the end. */
  readonly pathBytes: number;
  children: Map<string, Folder> | undefined;
  /** Applied at the end: until then every folder is its owner's, and writing into it would change its time. */
  meta: ExactMeta;
}

export class Folders {
  readonly root: Folder;
  readonly #rootHandle: number;
  /** Oldest use first. */
  readonly #open = new Map<Folder, number>();

  /** @param rootHandle - descriptor of the root; owned by this object from now on. */
  constructor(rootHandle: number, meta: ExactMeta) {
    this.root = { name: '', parent: undefined, depth: 0, pathBytes: 0, children: undefined, meta };
    this.#rootHandle = rootHandle;
  }

  /** Remember a folder that was just made on disk. */
  add(parent: Folder, name: string, meta: ExactMeta): Folder {
    const pathBytes = parent.pathBytes + Buffer.byteLength(name) + 1;
    const folder: Folder = { name, parent, depth: parent.depth + 1, pathBytes, children: undefined, meta };
    parent.children ??= new Map();
    parent.children.set(name, folder);
    return folder;
  }

  /** A descriptor, valid until the next call of this object. */
  handle(folder: Folder): number {
    if (folder.parent === undefined) {
      return this.#rootHandle;
    }
    const kept = this.#open.get(folder);
    if (kept !== undefined) {
      this.#open.delete(folder);
      this.#open.set(folder, kept);
      return kept;
    }
    const handle = openFolder(this.at(folder.parent, folder.name));
    this.#open.set(folder, handle);
    if (this.#open.size > KEPT_OPEN) {
      const [oldest, oldestHandle] = this.#open.entries().next().value as [Folder, number];
      this.#open.delete(oldest);
      closeSync(oldestHandle);
    }
    return handle;
  }

  /** A path of `name` in the folder, pinned by its descriptor; valid until the next call of this object. */
  at(folder: Folder, name: string): string {
    return `/proc/self/fd/${this.handle(folder)}/${name}`;
  }

  /** Forget a folder and all below it, before or after they are removed. */
  forget(folder: Folder): void {
    for (const child of folder.children?.values() ?? []) {
      this.forget(child);
    }
    folder.children = undefined;
    const handle = this.#open.get(folder);
    if (handle !== undefined) {
      this.#open.delete(folder);
      closeSync(handle);
    }
    folder.parent?.children?.delete(folder.name);
  }

  close(): void {
    for (const handle of this.#open.values()) {
      closeSync(handle);
    }
    this.#open.clear();
    closeSync(this.#rootHandle);
  }
}

/** Whether a folder is another one, or below it. */
export function isBelow(folder: Folder, above: Folder): boolean {
  for (let at: Folder | undefined = folder; at !== undefined; at = at.parent) {
    if (at === above) return true;
  }
  return false;
}

/** Its path from the root, with a slash at the end; nothing for the root. */
export function pathOf(folder: Folder): string {
  return folder.parent === undefined ? '' : `${pathOf(folder.parent)}${folder.name}/`;
}
