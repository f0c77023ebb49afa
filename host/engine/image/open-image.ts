import { tmpdir } from 'node:os';
import { PluginError } from '../../errors/index.js';
import { defaultRunBase } from '../common/index.js';
import type { Attached } from './attach.js';
import { attach } from './attach.js';
import { PLAIN_DEFAULTS, readDefaults } from './defaults.js';
import { isUnknownFile, openDriven } from './driven.js';
import { openLayout, previewLayout } from './oci/index.js';
import { outOfRoom, saysFull } from './room.js';
import { type ImageSource, openSource } from './source.js';
import type { ImageDefaults, ImageKind, OpenImage, OpenImageOptions } from './types.js';

/**
 * Open an image for one run: make its root file system a directory, and find out what it wants to be run with.
 *
 * What it is, is told by content, never by name. A file is opened once; what is put in its place later changes nothing. Its owner
 * can still write into it, as into a folder: an image is to be trusted not to change while it runs.
 *
 * @param image - path of a folder, SIF container image, squashfs or ext3 file, OCI layout or archive of an image; with `drive` of any other file.
 *   Which of several images is meant stands behind it, `PATH:TAG`.
 * @returns an image that the caller closes after the run.
 * @throws PluginError `IMAGE_UNSUPPORTED` with what is wrong or missing; `SIF_MALFORMED`, `LIMIT_EXCEEDED` for the file or for want of room;
 *   `ENGINE_FAILED` if the folder for mounts cannot be used. Nothing is left then.
 */
export async function openImage(image: string, options: OpenImageOptions): Promise<OpenImage> {
  try {
    return await openAny(image, options);
  } catch (error) {
    const isSaid = error instanceof PluginError && error.code === 'LIMIT_EXCEEDED';
    throw !isSaid && saysFull(error) ? outOfRoom(image, error) : error;
  }
}

async function openAny(image: string, options: OpenImageOptions): Promise<OpenImage> {
  const complete = settled(options);
  let source: ImageSource;
  try {
    source = openSource(image);
  } catch (error) {
    const driven = await byPlugin(image, error, options, complete);
    if (driven === undefined) throw error;
    return driven;
  }
  if (source.kind === 'directory') return openFolder(source.path);
  try {
    if (source.kind === 'oci') {
      const { defaults, ...attached } = await openLayout(source.layered, image, complete);
      return opened(source.kind, attached, complete.onWarning, () => defaults);
    }
    return opened(source.kind, await attach(source.part, complete), complete.onWarning);
  } finally {
    source.close();
  }
}

/** What a plugin makes of a file that is of no known kind. */
async function byPlugin(
  image: string,
  problem: unknown,
  { drive }: OpenImageOptions,
  complete: ReturnType<typeof settled>,
): Promise<OpenImage | undefined> {
  if (drive === undefined || !isUnknownFile(image, problem)) return undefined;
  const driven = await openDriven(image, { ...complete, drive });
  return driven && opened('plugin', driven, complete.onWarning, () => driven.defaults);
}

/**
 * What a run of `image` would be, as far as that can be told without mounting or unpacking: nothing is made.
 *
 * @param drivers - whether there are plugins that could unpack a file of no known kind; they are not asked.
 * @returns of a folder what `openImage` gives. Otherwise `rootfs` is the image itself, and the defaults of a file stay unknown.
 * @throws PluginError as `openImage`, for what the file itself shows.
 */
export function previewImage(image: string, drivers = false): OpenImage {
  const close = async () => undefined;
  let source: ImageSource;
  try {
    source = openSource(image);
  } catch (error) {
    if (!drivers || !isUnknownFile(image, error)) throw error;
    return { kind: 'plugin', rootfs: image, defaults: PLAIN_DEFAULTS, close };
  }
  if (source.kind === 'directory') return openFolder(source.path);
  try {
    return source.kind === 'oci'
      ? { kind: source.kind, rootfs: source.path, defaults: previewLayout(source.layered, image), close }
      : { kind: source.kind, rootfs: source.part.path, defaults: PLAIN_DEFAULTS, close };
  } finally {
    source.close();
  }
}

function settled(options: OpenImageOptions) {
  const { uid, runBase, unpackBase, access = 'any' } = options;
  const { onProgress = () => undefined, onWarning = () => undefined } = options;
  return {
    uid,
    access,
    runBase: runBase ?? defaultRunBase(process.env.XDG_RUNTIME_DIR, tmpdir(), uid),
    // Not the runtime folder, which is kept in memory.
    unpackBase: unpackBase ?? defaultRunBase(undefined, tmpdir(), uid),
    onProgress,
    onWarning,
  };
}

function openFolder(path: string): OpenImage {
  return { kind: 'directory', rootfs: path, defaults: readDefaults(path), close: async () => undefined };
}

function opened(
  kind: ImageKind,
  { rootfs, remove }: Attached,
  onWarning: (text: string) => void,
  defaultsOf: (rootfs: string) => ImageDefaults = readDefaults,
): OpenImage {
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    try {
      remove();
    } catch (error) {
      onWarning(`an open image is left behind: ${(error as Error).message}`);
    }
  };
  try {
    return { kind, rootfs, defaults: defaultsOf(rootfs), close: async () => close() };
  } catch (error) {
    close();
    throw error;
  }
}
