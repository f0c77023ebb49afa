/**
 * Open files below granted roots, and nowhere else, although guest and other processes may swap links meanwhile.
 *
 * A path is resolved first and compared afterwards, and what was opened is compared again: the folder is held open, and
 * everything happens relative to that descriptor (`/proc/self/fd/N/name`, Linux's way to openat), so a link that is swapped
 * between the check and the use cannot lead elsewhere.
 */
import { closeSync, constants, openSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { Refusal } from './answer.js';

/** A granted folder or file, as the operator wrote it. */
export interface FsRoot {
  readonly path: string;
  readonly writable: boolean;
}

/** The longest path Linux takes. */
const MAX_PATH_BYTES = 4096;

/**
 * Run `use` with a path whose folder is pinned, for the last part of `path` without following it.
 *
 * @param roots - granted roots; those that do not exist are skipped.
 * @param path - absolute path chosen by the guest.
 * @param access - `write`: a writable root is needed. `follow`: a link in the last part is followed (and must stay inside);
 *   without it the link itself is meant.
 * @param use - gets a path that is valid only during the call; it must open it with O_NOFOLLOW.
 * @throws Refusal `invalid`, `denied` or `missing`.
 */
export function withConfined<T>(
  roots: readonly FsRoot[],
  path: string,
  { write, follow }: { readonly write: boolean; readonly follow: boolean },
  use: (pinned: string) => T,
): T {
  if (!isAbsolute(path) || path.includes('\0') || Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new Refusal('invalid', `Cannot use path ${JSON.stringify(path.slice(0, 200))}: it must be absolute`);
  }
  const wanted = normalize(path);
  const usable = roots.filter((root) => root.writable || !write);
  // Said before anything is looked up: a plugin must not learn what exists outside its roots.
  if (!usable.some((root) => isInside(root.path, wanted))) {
    throw denied(path, write);
  }
  const target = follow ? resolveLast(wanted) : resolveFolder(wanted);
  const realRoots = usable.flatMap((root) => realpath(root.path) ?? []);
  if (!realRoots.some((root) => isInside(root, target))) {
    throw denied(path, write);
  }
  const rootItself = realRoots.includes(target);
  const folder = openFolder(dirname(target), path);
  try {
    const real = readlinkSync(`/proc/self/fd/${folder}`);
    const pinnedTarget = join(real, basename(target));
    if (!realRoots.some((root) => (rootItself ? root === pinnedTarget : isInside(root, real)))) {
      throw denied(path, write);
    }
    return use(`/proc/self/fd/${folder}/${basename(target)}`);
  } finally {
    closeSync(folder);
  }
}

/** Resolve all links when the path exists, else those of its folder: the last part may be about to be created. */
function resolveLast(path: string): string {
  const existing = realpath(path);
  if (existing !== undefined) {
    return existing;
  }
  return resolveFolder(path);
}

function resolveFolder(path: string): string {
  const folder = realpath(dirname(path));
  if (folder === undefined) {
    throw new Refusal('missing', `Cannot find folder ${JSON.stringify(dirname(path))}`);
  }
  return join(folder, basename(path));
}

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function openFolder(folder: string, path: string): number {
  try {
    return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch {
    throw new Refusal('missing', `Cannot open the folder of ${JSON.stringify(path)}`);
  }
}

/** By path segments, never by string prefix: `/etc/slurm2` is not inside `/etc/slurm`. */
function isInside(root: string, path: string): boolean {
  const rest = relative(root, path);
  return rest === '' || (rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest));
}

function denied(path: string, write: boolean): Refusal {
  const what = write ? 'write' : 'read';
  return new Refusal(
    'denied',
    `Cannot ${what} ${JSON.stringify(path)}: no grant covers it`,
    `Ask for fs:…:${write ? 'rw' : 'ro'}`,
  );
}
