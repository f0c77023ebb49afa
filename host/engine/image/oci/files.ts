/** Where the documents and layers of an image lie: in a folder, or in an archive of it. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { unsupported } from '../fail.js';
import type { TarPart } from '../tar/index.js';

/** A file that is open for reading. */
export interface OpenPart {
  readonly fd: number;
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  close(): void;
}

export interface ImageFiles {
  /**
   * @param path - of checked parts, with slashes. @param what - for messages.
   * @throws PluginError `IMAGE_UNSUPPORTED` if there is no such file.
   */
  open(path: string, what: string): OpenPart;
}

/** @param image - as the user named it, for messages. */
export function folderFiles(folder: string, image: string): ImageFiles {
  return {
    open(path, what) {
      let fd: number;
      try {
        // Without blocking: a named pipe would otherwise wait for a writer.
        fd = openSync(join(folder, path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      } catch (cause) {
        const code = (cause as NodeJS.ErrnoException).code ?? 'error';
        throw unsupported(image, code === 'ENOENT' ? `${what} is missing` : `${what}: ${code}`, undefined, cause);
      }
      const stat = fstatSync(fd);
      const close = () => closeSync(fd);
      if (stat.isFile()) return { fd, offset: 0, size: stat.size, close };
      close();
      throw unsupported(image, `${what} is not a file`);
    },
  };
}

/** @param fd - of the archive; its owner closes it. */
export function archiveFiles(fd: number, parts: ReadonlyMap<string, TarPart>, image: string): ImageFiles {
  return {
    open(path, what) {
      const part = parts.get(path);
      if (part === undefined) throw unsupported(image, `${what} is missing`);
      if (part.offset + part.size > fstatSync(fd).size) {
        throw unsupported(image, `the archive ends within ${what}`, 'Fetch the image again; the file looks truncated.');
      }
      return { fd, ...part, close: () => undefined };
    },
  };
}
