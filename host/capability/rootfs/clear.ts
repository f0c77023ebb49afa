import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import type { Folder, Folders } from './folders.js';

/**
 * Remove what is in a folder and is not to be kept. A folder stays if anything in it does.
 *
 * @param prefix - path of `folder` with a slash at the end, as `keep` is asked.
 * @returns whether the folder is empty now.
 */
export function clearFolder(
  folders: Folders,
  folder: Folder,
  prefix: string,
  keep: (path: string) => boolean,
): boolean {
  let empty = true;
  for (const name of readdirSync(`/proc/self/fd/${folders.handle(folder)}`)) {
    const path = `${prefix}${name}`;
    const child = folder.children?.get(name);
    const removable = (child === undefined || clearFolder(folders, child, `${path}/`, keep)) && !keep(path);
    if (!removable) {
      empty = false;
    } else if (child === undefined) {
      unlinkSync(folders.at(folder, name));
    } else {
      folders.forget(child);
      rmdirSync(folders.at(folder, name));
    }
  }
  return empty;
}
