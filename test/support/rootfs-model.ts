/**
 * What a new root file system should be after some operations: a tree in memory, which cannot leave itself.
 *
 * It answers `ok` or the code of the refusal, for the default policy without its limits.
 */
import { line } from './tree.js';

interface FolderNode {
  readonly kind: 'folder';
  readonly parent: FolderNode | undefined;
  readonly entries: Map<string, Node>;
  mode: number;
}

/** Two names of one file share it. */
interface FileNode {
  readonly kind: 'file';
  mode: number;
  content: string;
}

interface LinkNode {
  readonly kind: 'link';
  readonly target: string;
}

type Node = FolderNode | FileNode | LinkNode;

export type Operation =
  | { readonly op: 'directory'; readonly path: string; readonly mode: number }
  | { readonly op: 'file'; readonly path: string; readonly mode: number; readonly text: string }
  | { readonly op: 'openFile'; readonly path: string; readonly mode: number }
  | { readonly op: 'write'; readonly index: number; readonly text: string }
  | { readonly op: 'finish'; readonly index: number }
  | { readonly op: 'symlink'; readonly path: string; readonly target: string }
  | { readonly op: 'hardlink'; readonly path: string; readonly existing: string }
  | { readonly op: 'setMeta'; readonly path: string; readonly mode: number }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'clear'; readonly path: string };

class No extends Error {}

const MAX_LINKS = 40;

export class RootfsModel {
  readonly #root: FolderNode = folder(undefined, 0o755);
  /** In the order of `openFile`; with the mode to be applied, until it is. */
  readonly files: { readonly file: FileNode; readonly mode: number; open: boolean }[] = [];

  apply(operation: Operation): string {
    try {
      this.#apply(operation);
      return 'ok';
    } catch (error) {
      if (error instanceof No) {
        return error.message;
      }
      throw error;
    }
  }

  list(): string[] {
    return [line('.', 'folder', this.#root.mode, ''), ...below(this.#root, '')];
  }

  #apply(operation: Operation): void {
    switch (operation.op) {
      case 'directory': {
        const { parent, name } = this.#at(operation.path, true);
        const there = parent.entries.get(name);
        if (there?.kind === 'folder') {
          there.mode = operation.mode;
        } else {
          parent.entries.set(name, folder(parent, operation.mode));
        }
        return;
      }
      case 'file':
        this.#put(operation.path, { kind: 'file', mode: operation.mode, content: operation.text });
        return;
      case 'openFile': {
        const file: FileNode = { kind: 'file', mode: 0o600, content: '' };
        this.#put(operation.path, file);
        this.files.push({ file, mode: operation.mode, open: true });
        return;
      }
      case 'write':
        this.#file(operation.index).file.content += operation.text;
        return;
      case 'finish': {
        const opened = this.#file(operation.index);
        opened.open = false;
        opened.file.mode = opened.mode;
        return;
      }
      case 'symlink':
        this.#put(operation.path, { kind: 'link', target: operation.target });
        return;
      case 'hardlink':
        this.#hardlink(operation.path, operation.existing);
        return;
      case 'setMeta': {
        const node = this.#node(operation.path);
        if (node === undefined) throw new No('missing');
        if (node.kind !== 'link') node.mode = operation.mode;
        return;
      }
      case 'remove': {
        const place = this.#find(operation.path);
        place?.parent.entries.delete(place.name);
        return;
      }
      case 'clear': {
        const node = this.#node(operation.path);
        if (node?.kind === 'folder') node.entries.clear();
        return;
      }
    }
  }

  #hardlink(path: string, existing: string): void {
    const source = this.#find(existing);
    const node = source?.parent.entries.get(source.name);
    if (source === undefined || node === undefined) throw new No('missing');
    if (node.kind !== 'file') throw new No('denied');
    const { parent, name } = this.#at(path, true);
    const replaced = parent.entries.get(name);
    for (let at: FolderNode | undefined = source.parent; at !== undefined; at = at.parent) {
      if (at === replaced) throw new No('invalid');
    }
    parent.entries.set(name, node);
  }

  #put(path: string, node: Node): void {
    const { parent, name } = this.#at(path, true);
    parent.entries.set(name, node);
  }

  #file(index: number): (typeof this.files)[number] {
    const opened = this.files[index];
    if (opened === undefined || !opened.open) throw new No('invalid');
    return opened;
  }

  #node(path: string): Node | undefined {
    const place = this.#find(path);
    return place?.parent.entries.get(place.name);
  }

  #find(path: string): { parent: FolderNode; name: string } | undefined {
    try {
      return this.#at(path, false);
    } catch (error) {
      if (error instanceof No && error.message === 'missing') {
        return undefined;
      }
      throw error;
    }
  }

  #at(path: string, make: boolean): { parent: FolderNode; name: string } {
    const parts = path.split('/');
    const name = parts.pop() as string;
    return { parent: this.#enter(this.#root, parts, make, { links: 0 }), name };
  }

  #enter(from: FolderNode, parts: readonly string[], make: boolean, count: { links: number }): FolderNode {
    let at = from;
    for (const part of parts) {
      const next = at.entries.get(part);
      if (part === '' || part === '.') continue;
      if (part === '..') {
        at = at.parent ?? at;
      } else if (next === undefined) {
        if (!make) throw new No('missing');
        const made = folder(at, 0o755);
        at.entries.set(part, made);
        at = made;
      } else if (next.kind === 'file') {
        throw new No('invalid');
      } else if (next.kind === 'folder') {
        at = next;
      } else {
        count.links += 1;
        if (count.links > MAX_LINKS) throw new No('invalid');
        at = this.#enter(next.target.startsWith('/') ? this.#root : at, next.target.split('/'), make, count);
      }
    }
    return at;
  }
}

function folder(parent: FolderNode | undefined, mode: number): FolderNode {
  return { kind: 'folder', parent, entries: new Map(), mode };
}

function below(node: FolderNode, prefix: string): string[] {
  const sorted = [...node.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.flatMap(([name, entry]) => linesOf(entry, `${prefix}${name}`));
}

function linesOf(node: Node, path: string): string[] {
  switch (node.kind) {
    case 'folder':
      return [line(path, 'folder', node.mode, ''), ...below(node, `${path}/`)];
    case 'file':
      return [line(path, 'file', node.mode, node.content)];
    case 'link':
      return [line(path, 'link', 0, node.target)];
  }
}
