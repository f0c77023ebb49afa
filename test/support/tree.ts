/** What stands in a folder, as text to compare. Links are never followed. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';

export interface TreeEntry {
  readonly path: string;
  readonly stats: Stats;
  /** Of a file its content, of a link its target. */
  readonly content: string;
}

/** Everything below a folder, and the folder itself as `.`, sorted by path. */
export function readTree(folder: string): TreeEntry[] {
  return [entryAt(folder, '.'), ...below(folder, '')];
}

function below(folder: string, prefix: string): TreeEntry[] {
  return readdirSync(join(folder, prefix))
    .sort()
    .flatMap((name) => {
      const entry = entryAt(folder, `${prefix}${name}`);
      return entry.stats.isDirectory() ? [entry, ...below(folder, `${prefix}${name}/`)] : [entry];
    });
}

function entryAt(folder: string, path: string): TreeEntry {
  const stats = lstatSync(join(folder, path));
  const content = stats.isFile()
    ? readFileSync(join(folder, path), 'latin1')
    : stats.isSymbolicLink()
      ? readlinkSync(join(folder, path))
      : '';
  return { path, stats, content };
}

/** `etc/passwd file 644 root:x…`: what an image says of each entry, one a line, without owners and times. */
export function listTree(folder: string): string[] {
  return readTree(folder).map(({ path, stats, content }) => line(path, kindOf(stats), stats.mode & 0o7777, content));
}

/** One line of `listTree`. Modes of links mean nothing. */
export function line(path: string, kind: string, mode: number, content: string): string {
  return [path, kind, ...(kind === 'link' ? [] : [mode.toString(8)]), ...(content === '' ? [] : [content])].join(' ');
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'folder';
  if (stats.isFile()) return 'file';
  if (stats.isSymbolicLink()) return 'link';
  return stats.isFIFO() ? 'fifo' : 'device';
}

/** All that shows any change to a tree: also a chmod, a new hard link or a time that was set back, by way of ctime. */
export function fingerprint(folder: string): string {
  return readTree(folder)
    .map(({ path, stats, content }) =>
      JSON.stringify([
        path,
        stats.ino,
        stats.mode,
        stats.uid,
        stats.gid,
        stats.nlink,
        stats.mtimeMs,
        stats.ctimeMs,
        content,
      ]),
    )
    .join('\n');
}
