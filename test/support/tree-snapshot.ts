import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Everything that an archive keeps of a tree, one line for each entry, to be compared with another tree's.
 *
 * Names of one file are told by the first of them; times in milliseconds, which is what Node can set.
 */
export function snapshotOf(root: string): string[] {
  const lines: string[] = [];
  const first = new Map<number, string>();

  function visit(path: string): void {
    const stats = lstatSync(join(root, path));
    const same = stats.isDirectory() || stats.nlink === 1 ? undefined : first.get(stats.ino);
    if (!stats.isDirectory()) first.set(stats.ino, same ?? path);
    const kind = (stats.mode & 0o170000).toString(8);
    const mode = (stats.mode & 0o7777).toString(8);
    const what = stats.isFile()
      ? `${stats.size} ${createHash('sha256')
          .update(readFileSync(join(root, path)))
          .digest('hex')}`
      : stats.isSymbolicLink()
        ? `-> ${readlinkSync(join(root, path))}`
        : `${stats.rdev}`;
    const link = same === undefined ? '' : ` = ${same}`;
    lines.push(`${path} ${kind} ${mode} ${stats.uid}:${stats.gid} ${Math.floor(stats.mtimeMs)} ${what}${link}`);
    if (stats.isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort()) visit(join(path, name));
    }
  }

  visit('.');
  return lines;
}
