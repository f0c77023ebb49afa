/** Opening what the user named, and telling by its content what it is. */
import { closeSync, constants, existsSync, fstatSync, openSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import { isSif } from '../../sif/index.js';
import { IMAGE_HINT, unsupported } from './fail.js';
import { detectFileSystem } from './file-system.js';
import { type ImageName, parseImageName } from './name.js';
import { folderFiles, type LayeredSource, openArchive } from './oci/index.js';
import { readPart } from './read-part.js';
import { findRootPartition } from './sif-partition.js';
import type { FileSystemPart } from './types.js';

const SIF_HEAD_BYTES = 48;
const OCI_FILES: readonly string[] = ['oci-layout', 'index.json'];

/** What the user named, told by its content. */
export type ImageSource =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 'oci';
      readonly path: string;
      readonly layered: LayeredSource;
      readonly isArchive: boolean;
      close(): void;
    }
  | { readonly kind: 'squashfs' | 'ext3' | 'sif'; readonly part: FileSystemPart; close(): void };

/**
 * @param image - a name as in name.ts, for messages also.
 * @throws PluginError `IMAGE_UNSUPPORTED` if it is not there or none of the kinds; `SIF_MALFORMED`, `LIMIT_EXCEEDED`.
 */
export function openSource(image: string): ImageSource {
  try {
    const name = parseImageName(image, existsSync);
    // A folder is not opened: it may be one that we can enter but not list.
    const isFolder = statSync(name.path).isDirectory();
    return checked(isFolder ? folderSource(name, image) : fileSource(name, image), name, image);
  } catch (cause) {
    if (cause instanceof PluginError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw unsupported(image, code === 'ENOENT' ? 'there is no such file or folder' : code, IMAGE_HINT, cause);
  }
}

/** What the name says beside the path must be so. */
function checked(source: ImageSource, { transport, reference }: ImageName, image: string): ImageSource {
  const found =
    source.kind !== 'oci' ? undefined : source.isArchive ? (`${source.layered.format}-archive` as const) : 'oci';
  const problem =
    transport !== undefined && transport !== found
      ? `it is no ${transport === 'oci' ? 'OCI layout' : transport}`
      : reference !== undefined && found === undefined
        ? `it holds no images of which one could be called ${quote(reference)}`
        : undefined;
  if (problem === undefined) return source;
  if ('close' in source) source.close();
  throw unsupported(image, problem, IMAGE_HINT);
}

function folderSource({ path: named, reference }: ImageName, image: string): ImageSource {
  const path = realpathSync(named);
  if (!OCI_FILES.every((name) => existsSync(join(path, name)))) return { kind: 'directory', path };
  const layered: LayeredSource = { format: 'oci', files: folderFiles(path, image), reference };
  return { kind: 'oci', path, layered, isArchive: false, close: () => undefined };
}

function fileSource({ path, reference }: ImageName, image: string): ImageSource {
  // Without blocking: a named pipe would otherwise wait for a writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw unsupported(image, 'it is neither a file nor a folder', IMAGE_HINT);
    const close = () => closeSync(fd);
    const found = tell(fd, stat.size, image);
    if (found === undefined) {
      const archive = openArchive(fd, stat.size, image);
      if (archive === undefined) throw unsupported(image, 'it is a file of no kind that can be run', IMAGE_HINT);
      const layered: LayeredSource = { format: archive.kind, files: archive.files, reference };
      return { kind: 'oci', path: realpathSync(path), layered, isArchive: true, close };
    }
    const { kind, ...where } = found;
    return { kind, part: { ...where, name: image, path: realpathSync(path), fd }, close };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function tell(
  fd: number,
  fileSize: number,
  image: string,
): (Pick<FileSystemPart, 'type' | 'offset' | 'size'> & { readonly kind: 'squashfs' | 'ext3' | 'sif' }) | undefined {
  const isContainer = isSif(readPart(fd, 0, SIF_HEAD_BYTES));
  const { offset, size } = isContainer ? findRootPartition(fd, fileSize, image) : { offset: 0, size: fileSize };
  const type = detectFileSystem(fd, offset, size, image);
  if (type === undefined) {
    if (isContainer) throw unsupported(image, 'its primary partition holds neither squashfs nor ext3');
    return undefined;
  }
  return { kind: isContainer ? 'sif' : type, type, offset, size };
}
