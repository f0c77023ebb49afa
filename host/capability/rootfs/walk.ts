import { mkdirSync, readlinkSync } from 'node:fs';
import { quote } from '../../errors/index.js';
import { Refusal } from '../answer.js';
import type { Folder, Folders } from './folders.js';
import { systemCode } from './system-error.js';

/** As many as Linux follows in one path. */
const MAX_LINKS = 40;

/**
 * Follow names from the root to a folder, as the image itself would see it: a link is followed inside the root, an absolute one from the
 * root on, and `..` ends there. Images need this: `lib -> usr/lib`, and a later entry `lib/x`.
 *
 * Only what the links say is used; the folder that comes out is opened part by part without following any.
 *
 * @param path - for messages.
 * @param names - checked names.
 * @param missing - called for a folder that is not there; makes it, refuses, or ends the walk with undefined.
 * @throws Refusal `invalid` where something other than a folder is on the way, or links go round in circles.
 */
export function walk<M extends Folder | undefined>(
  folders: Folders,
  path: string,
  names: readonly string[],
  missing: (parent: Folder, name: string) => M,
): Folder | M {
  let folder: Folder = folders.root;
  let links = 0;
  // The next name is the last of the list.
  let ahead = [...names].reverse();
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      folder = folder.parent ?? folder;
      continue;
    }
    const child = folder.children?.get(name);
    if (child !== undefined) {
      folder = child;
      continue;
    }
    const target = targetOf(folders.at(folder, name), path);
    if (target === undefined) {
      const made = missing(folder, name);
      if (made === undefined) {
        return made;
      }
      folder = made;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) {
      throw new Refusal('invalid', `Cannot use path ${quote(path)}: it goes through more than ${MAX_LINKS} links`);
    }
    folder = target.startsWith('/') ? folders.root : folder;
    ahead = ahead.concat(target.split('/').reverse());
  }
  return folder;
}

/** What a link says; undefined if nothing is there. */
function targetOf(pinned: string, path: string): string | undefined {
  try {
    return readlinkSync(pinned);
  } catch (error) {
    switch (systemCode(error)) {
      case 'ENOENT':
        return undefined;
      case 'EINVAL':
        throw new Refusal('invalid', `Cannot use path ${quote(path)}: a part before the last is no folder`);
      default:
        throw error;
    }
  }
}

/** Make a folder that is nobody else's until the end. */
export function makeFolder(folders: Folders, parent: Folder, name: string): void {
  mkdirSync(folders.at(parent, name), 0o700);
}
