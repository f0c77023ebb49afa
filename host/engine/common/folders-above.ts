import { lstatSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

const STICKY = 0o1000;
const OTHERS_WRITE = 0o002;

/**
 * Find a folder above `path` in which somebody else may rename what leads to it, and so put other files in its place while we work.
 *
 * A sticky folder such as /tmp lets nobody rename what is not theirs. Root believes root alone; what an ordinary user's folders
 * belong to is not asked, since inside a user namespace or on a network disk those such as /home may show any owner.
 *
 * @param path - absolute.
 * @returns its path; undefined if there is none.
 */
export function changeableAbove(path: string): string | undefined {
  const rootOnly = process.getuid?.() === 0 && isRootOfMachine();
  const above = dirname(path);
  // Both ways to it: the names as they are written, and where links in them lead.
  for (const start of new Set([above, realPathOf(above)])) {
    for (let at = start; ; at = dirname(at)) {
      const found = [lstatSync(at, { throwIfNoEntry: false }), statSync(at, { throwIfNoEntry: false })];
      if (found.some((stats) => stats !== undefined && isChangeable(stats, rootOnly))) return at;
      if (at === dirname(at)) break;
    }
  }
  return undefined;
}

function isChangeable(stats: Stats, rootOnly: boolean): boolean {
  if (rootOnly && stats.uid !== 0) return true;
  return stats.isDirectory() && (stats.mode & STICKY) === 0 && (stats.mode & OTHERS_WRITE) !== 0;
}

/** Root of a user namespace is a user outside, and sees the machine's root as somebody without a number. */
function isRootOfMachine(): boolean {
  try {
    return /^\s*0\s+0\s/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return true;
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
