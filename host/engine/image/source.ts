/** Opening what the user named, and telling by its content what it is. */
import { closeSync, constants, existsSync, fstatSync, openSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError } from '../../errors/index.js';
import { isSif } from '../../sif/index.js';
import { IMAGE_HINT, unsupported } from './fail.js';
import { detectFileSystem } from './file-system.js';
import { readPart } from './read-part.js';
import { findRootPartition } from './sif-partition.js';
import type { FileSystemPart } from './types.js';

const SIF_HEAD_BYTES = 48;
const OCI_FILES: readonly string[] = ['oci-layout', 'index.json'];

/** What the user named, told by its content. */
export type ImageSource =
  | { readonly kind: 'directory' | 'oci'; readonly path: string }
  | { readonly kind: 'squashfs' | 'ext3' | 'sif'; readonly part: FileSystemPart; close(): void };

/**
 * @param image - a path, for messages also.
 * @throws PluginError `IMAGE_UNSUPPORTED` if it is not there or none of the kinds; `SIF_MALFORMED`, `LIMIT_EXCEEDED`.
 */
export function openSource(image: string): ImageSource {
  try {
    // A folder is not opened: it may be one that we can enter but not list.
    return statSync(image).isDirectory() ? folderSource(realpathSync(image)) : fileSource(image);
  } catch (cause) {
    if (cause instanceof PluginError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw unsupported(image, code === 'ENOENT' ? 'there is no such file or folder' : code, IMAGE_HINT, cause);
  }
}

function folderSource(path: string): ImageSource {
  const isLayout = OCI_FILES.every((name) => existsSync(join(path, name)));
  return { kind: isLayout ? 'oci' : 'directory', path };
}

function fileSource(image: string): ImageSource {
  // Without blocking: a named pipe would otherwise wait for a writer.
  const fd = openSync(image, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw unsupported(image, 'it is neither a file nor a folder', IMAGE_HINT);
    const { kind, ...where } = tell(fd, stat.size, image);
    const part: FileSystemPart = { ...where, name: image, path: realpathSync(image), fd };
    return { kind, part, close: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function tell(
  fd: number,
  fileSize: number,
  image: string,
): Pick<FileSystemPart, 'type' | 'offset' | 'size'> & { readonly kind: 'squashfs' | 'ext3' | 'sif' } {
  const isContainer = isSif(readPart(fd, 0, SIF_HEAD_BYTES));
  const { offset, size } = isContainer ? findRootPartition(fd, fileSize, image) : { offset: 0, size: fileSize };
  const type = detectFileSystem(fd, offset, size, image);
  if (type === undefined) {
    if (isContainer) throw unsupported(image, 'its primary partition holds neither squashfs nor ext3');
    throw unsupported(image, 'it is a file of no kind that can be run', IMAGE_HINT);
  }
  return { kind: isContainer ? 'sif' : type, type, offset, size };
}
