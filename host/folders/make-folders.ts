import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** How often somebody else may remove a folder between our two looks at it. */
const MAX_ATTEMPTS = 100;

/**
 * Make a folder and those above it; nothing happens if it is there.
 *
 * As `mkdirSync` with `recursive`, which never returns where a folder is there and a new one in it is "no such file": in `/proc`, and
 * for a home that an automounter does not know.
 *
 * @param mode - of all that are made, less the umask.
 * @returns the first one that was made, undefined if none was.
 * @throws the system's error.
 */
export function makeFolders(path: string, mode: number): string | undefined {
  const made = makeOne(path, mode);
  if (made !== 'no parent') return made;
  const parent = dirname(path);
  const first = parent === path ? undefined : makeFolders(parent, mode);
  const last = makeOne(path, mode);
  if (last !== 'no parent') return first ?? last;
  // Thrown by the system, with its words.
  mkdirSync(path, { mode });
  return first ?? path;
}

function makeOne(path: string, mode: number): string | undefined | 'no parent' {
  for (let attempt = 1; ; attempt += 1) {
    try {
      mkdirSync(path, { mode });
      return path;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return 'no parent';
      const found = code === 'EEXIST' ? statSync(path, { throwIfNoEntry: false }) : undefined;
      if (found?.isDirectory() === true) return undefined;
      if (code !== 'EEXIST' || found !== undefined || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
