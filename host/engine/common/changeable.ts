import { lstatSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

const STICKY = 0o1000;
const OTHERS_WRITE = 0o002;

/**
 * Find what somebody else can change on the way to `path`, or `path` itself, and so put something else in its place.
 *
 * A sticky folder such as /tmp lets nobody rename what is not theirs. Root believes root alone; what an ordinary user's folders
 * belong to is not asked, since inside a user namespace or on a network disk those such as /home may show any owner.
 *
 * @param path - absolute; what of it is not there yet nobody can change.
 * @returns the file or folder; undefined if there is none.
 */
export function changeableByOthers(path: string): string | undefined {
  const rootOnly = process.getuid?.() === 0 && isRootOfMachine();
  // Both ways to it: the names as they are written, and where links in them lead.
  for (const start of new Set([path, realPathOf(path)])) {
    for (let at = start; ; at = dirname(at)) {
      const found = [lstatSync(at, { throwIfNoEntry: false }), statSync(at, { throwIfNoEntry: false })];
      if (found.some((stats) => stats !== undefined && isChangeable(stats, rootOnly))) return at;
      if (at === dirname(at)) break;
    }
  }
  return undefined;
}

/** The same for the folders above `path` alone. While we work in it, another one could come into its place. */
export function changeableAbove(path: string): string | undefined {
  return changeableByOthers(dirname(path));
}

function isChangeable(stats: Stats, rootOnly: boolean): boolean {
  if (rootOnly && stats.uid !== 0) return true;
  const sticky = stats.isDirectory() && (stats.mode & STICKY) !== 0;
  return !stats.isSymbolicLink() && !sticky && (stats.mode & OTHERS_WRITE) !== 0;
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
