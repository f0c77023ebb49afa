/**
 * Layers of an OCI image, one after the other, into a new root file system.
 *
 * A layer is a tar archive of what it adds or changes. Names with `.wh.` take away what lower layers have: `.wh.NAME` that name,
 * `.wh..wh..opq` all in the folder.
 * Spec: OCI image-spec v1.1.0, "Image Layer Filesystem Changeset".
 */
import { Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { Refusal, type Rootfs } from '../../capability/index.js';
import { PluginError, quote } from '../../errors/index.js';
import { unsupported } from './fail.js';
import { type LayerFile, LayerReader } from './layer-file.js';
import { createLayerSink, type LeftOut } from './layer-sink.js';
import { readPart } from './read-part.js';
import { createTarReader } from './tar/index.js';

export interface UnpackLayersOptions {
  /** As the user named it, for messages. */
  readonly image: string;
  readonly signal?: AbortSignal | undefined;
  /** Told how much of all layers together is done, in bytes of their files. */
  readonly onProgress?: ((doneBytes: number, allBytes: number) => void) | undefined;
}

const READ_BYTES = 1024 * 1024;
const UNPACKED_BYTES = 256 * 1024;
/** Headers and what is skipped count as well: a small file can unpack to petabytes of them. */
const MAX_LAYER_BYTES = 64 * 2 ** 30;
const GZIP = '1f8b';
const ZSTD = '28b52ffd';

/**
 * Unpack layers, lowest first. Every file is compared with its digest while it is unpacked.
 *
 * @param rootfs - a new root; not closed, and not to be used before this has ended well. After an error it is of no use but to `abort`.
 * @returns what was left out: counts, for a warning.
 * @throws PluginError `IMAGE_UNSUPPORTED`; `LIMIT_EXCEEDED` beyond the policy of `rootfs`, or where the disk is full. The reason of `signal`.
 */
export async function unpackLayers(
  layers: readonly LayerFile[],
  rootfs: Rootfs,
  { image, signal, onProgress }: UnpackLayersOptions,
): Promise<LeftOut> {
  const allBytes = layers.reduce((sum, { size }) => sum + size, 0);
  const leftOut = { devices: 0, xattrs: 0 };
  let before = 0;
  for (const layer of layers) {
    try {
      const reader = new LayerReader(layer);
      const found = await verified(reader, signal, () =>
        unpackLayer(layer, reader, rootfs, signal, (done) => onProgress?.(before + done, allBytes)),
      );
      leftOut.devices += found.devices;
      leftOut.xattrs += found.xattrs;
    } catch (cause) {
      throw explained(cause, image, layer);
    }
    before += layer.size;
  }
  return leftOut;
}

/**
 * Close the root that all layers are in. Owners and modes of folders are set here, which the system may refuse: not every id is one
 * in a user namespace.
 *
 * @throws PluginError `IMAGE_UNSUPPORTED`, `LIMIT_EXCEEDED`.
 */
export function finishRoot(root: Rootfs, image: string): void {
  try {
    root.close();
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    if (cause.code === 'limit') throw tooLarge(image, cause.message, cause);
    throw unsupported(image, cause.message, cause.hint, cause);
  }
}

/** Unpack and compare, in one reading. A file that is not the one that is meant explains whatever else is wrong with it. */
async function verified<T>(file: LayerReader, signal: AbortSignal | undefined, unpack: () => Promise<T>): Promise<T> {
  let unpacked: T;
  try {
    unpacked = await unpack();
  } catch (error) {
    const isFull = error instanceof Refusal && error.code === 'limit';
    if (!isFull && signal?.aborted !== true) await file.verify(signal);
    throw error;
  }
  await file.verify(signal);
  return unpacked;
}

async function unpackLayer(
  layer: LayerFile,
  file: LayerReader,
  rootfs: Rootfs,
  signal: AbortSignal | undefined,
  onProgress: (done: number) => void,
): Promise<LeftOut> {
  const sink = createLayerSink(rootfs);
  const reader = createTarReader(sink);
  let unpacked = 0;
  const content = openContent(layer, file, onProgress);
  try {
    for await (const chunk of content) {
      signal?.throwIfAborted();
      unpacked += chunk.byteLength;
      if (unpacked > MAX_LAYER_BYTES) {
        throw new Refusal('limit', `Cannot unpack more than ${MAX_LAYER_BYTES} bytes of one layer`);
      }
      if (!reader.push(chunk)) break;
    }
  } finally {
    content.destroy();
  }
  reader.finish();
  return sink.leftOut;
}

/** The archive, whatever it was packed with. That is told by its first bytes, since manifests are often wrong about it. */
function openContent(
  { fd, offset = 0, size }: LayerFile,
  reader: LayerReader,
  onRead: (done: number) => void,
): Readable {
  const magic = Buffer.from(readPart(fd, offset, Math.min(4, size))).toString('hex');
  const unpack = magic.startsWith(GZIP)
    ? zlib.createGunzip({ chunkSize: UNPACKED_BYTES })
    : magic === ZSTD
      ? zstd()
      : undefined;
  const file = Readable.from(reader.pieces(onRead), { objectMode: false, highWaterMark: READ_BYTES });
  if (unpack === undefined) {
    return file;
  }
  file.on('error', (error) => unpack.destroy(error));
  unpack.on('close', () => file.destroy());
  return file.pipe(unpack);
}

function zstd(): Transform {
  // Node 20 has none.
  const make = (zlib as { createZstdDecompress?: (options: object) => Transform }).createZstdDecompress;
  if (make === undefined) {
    throw new Refusal(
      'unsupported',
      'it is packed with zstd, which this version of Node does not know',
      'Use Node 22.15 or later.',
    );
  }
  return make({ chunkSize: UNPACKED_BYTES });
}

/** Which layer it was, and in the words of images. */
function explained(cause: unknown, image: string, { digest }: LayerFile): unknown {
  const layer = `layer ${quote(digest)}`;
  if (cause instanceof Refusal && cause.code === 'limit') {
    return tooLarge(image, `${layer}: ${cause.message}`, cause);
  }
  if (cause instanceof Refusal || cause instanceof PluginError) {
    return unsupported(image, `${layer}: ${cause.message}`, cause.hint, cause);
  }
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (code !== undefined && (syscall !== undefined || /^Z(STD)?_/.test(code))) {
    return unsupported(image, `${layer}: it cannot be read (${code})`, 'Copy the image again.', cause);
  }
  return cause;
}

function tooLarge(image: string, why: string, cause: Refusal): PluginError {
  return new PluginError('LIMIT_EXCEEDED', `Cannot unpack the image ${quote(image)}: ${why}`, {
    hint: cause.hint,
    cause,
  });
}
