/** Archives of images, told by what is in them: `oci-archive` and `docker-archive`, as skopeo and podman name them. */
import { PluginError } from '../../../errors/index.js';
import { unsupported } from '../fail.js';
import { indexTar } from '../tar/index.js';
import { archiveFiles, type ImageFiles } from './files.js';

export interface ImageArchive {
  readonly kind: 'oci' | 'docker';
  readonly files: ImageFiles;
}

/** An image of 1,000 layers has some thousands. */
const MAX_ENTRIES = 20_000;
/** All that such archives hold; a root file system has other names soon, and is not looked through then. */
const NAMES = new RegExp(
  [
    'oci-layout|[a-z]+\\.json|repositories',
    'blobs(/[a-z0-9]+(/[0-9a-f]+)?)?',
    '[0-9a-f]{64}(\\.json|\\.tar|/(VERSION|json|layer\\.tar))?',
  ]
    .map((form) => `^(${form})?$`)
    .join('|'),
);

/**
 * Look whether a file is the archive of an image.
 *
 * @param fd - its owner closes it. @param size - of the file.
 * @returns undefined if it is something else, other archives among them.
 * @throws PluginError `IMAGE_UNSUPPORTED` if the archive of an image is broken.
 */
export function openArchive(fd: number, size: number, image: string): ImageArchive | undefined {
  const seen = new Set<string>();
  const accept = (name: string): boolean => {
    seen.add(name);
    return NAMES.test(name);
  };
  let parts: ReturnType<typeof indexTar>;
  try {
    parts = indexTar(fd, size, accept, MAX_ENTRIES);
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    // What is wrong with another file says who knows that one.
    if (!looksLikeOne(seen)) return undefined;
    throw damaged(image, error.message, error);
  }
  if (parts === undefined) return undefined;
  const kind = kindOf(parts);
  if (kind !== undefined) return { kind, files: archiveFiles(fd, parts, image) };
  if (!looksLikeOne(seen)) return undefined;
  throw damaged(image, 'it is the archive of an image of which index.json is missing');
}

function looksLikeOne(names: ReadonlySet<string>): boolean {
  return names.has('blobs/sha256') || kindOf(names) !== undefined;
}

function damaged(image: string, why: string, cause?: unknown): PluginError {
  return unsupported(image, why, 'Fetch the image again; the file looks truncated.', cause);
}

function kindOf(names: { has(name: string): boolean }): ImageArchive['kind'] | undefined {
  if (names.has('oci-layout') && names.has('index.json')) return 'oci';
  return names.has('manifest.json') ? 'docker' : undefined;
}
