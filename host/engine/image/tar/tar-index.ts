import { readPart } from '../read-part.js';
import { BLOCK_BYTES } from './header.js';
import { createTarReader, type TarEntry } from './reader.js';

/** Where a file of an archive lies. */
export interface TarPart {
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

/**
 * Find the files of an archive by reading its headers alone.
 *
 * @param size - of the archive, in bytes.
 * @param accept - asked for every name, without `./` and a slash at the end; false ends the search.
 * @returns where the files are, links to files of the archive among them, of a name that comes twice the last; undefined if a name was
 *   not accepted, or there are more than `maxEntries`.
 * @throws PluginError `IMAGE_UNSUPPORTED` if it is no archive, or a broken one.
 */
export function indexTar(
  fd: number,
  size: number,
  accept: (name: string) => boolean,
  maxEntries: number,
): ReadonlyMap<string, TarPart> | undefined {
  const files = new Map<string, TarPart>();
  const links = new Map<string, string>();
  const seen: TarEntry[] = [];
  const reader = createTarReader({ entry: (entry) => seen.push(entry), data: () => undefined, end: () => undefined });
  let entries = 0;
  for (let at = 0; at < size; ) {
    const block = readPart(fd, at, Math.min(BLOCK_BYTES, size - at));
    const isMore = reader.push(block);
    at += block.byteLength;
    const entry = seen.pop();
    if (entry !== undefined) {
      const name = plainName(entry.path);
      entries += 1;
      if (entries > maxEntries || !accept(name)) return undefined;
      files.delete(name);
      links.delete(name);
      if (entry.kind === 'file') files.set(name, { offset: at, size: entry.size });
      if (entry.kind === 'hardlink') links.set(name, plainName(entry.target));
      if (entry.kind === 'symlink') links.set(name, plainName(`${name}/../${entry.target}`));
      at += reader.skip();
    }
    if (!isMore || block.byteLength === 0) break;
  }
  reader.finish();
  // A file with a hole at its end is one that is cut short; who reads it says so.
  for (const [name, target] of links) {
    const found = files.get(target);
    if (found !== undefined) files.set(name, found);
  }
  return files;
}

/** Parts of a path alone; what leads out has no meaning here and finds nothing. */
function plainName(path: string): string {
  const names: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') names.pop();
    else if (part !== '' && part !== '.') names.push(part);
  }
  return names.join('/');
}
