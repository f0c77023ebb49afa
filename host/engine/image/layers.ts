/**
 * Layers of an OCI image, one after the other, into a new root file system.
 *
 * A layer is a tar archive of what it adds or changes. Names with `.wh.` take away what lower layers have: `.wh.NAME` that name,
 * `.wh..wh..opq` all in the folder.
 * Spec: OCI image-spec v1.1.0, "Image Layer Filesystem Changeset".
 */
import { createHash, type Hash } from 'node:crypto';
import { read } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { Refusal, type Rootfs } from '../../capability/index.js';
import { PluginError, quote } from '../../errors/index.js';
import { unsupported } from './fail.js';
import { createLayerSink, type LeftOut } from './layer-sink.js';
import { readPart } from './read-part.js';
import { createTarReader } from './tar/index.js';

/** A layer as a file that is open for reading; its owner closes it. */
export interface LayerFile {
  readonly fd: number;
  /** In bytes, as the manifest says. */
  readonly size: number;
  /** Of the file as it is, `sha256:…`. */
  readonly digest: string;
}

export interface UnpackLayersOptions {
  /** As the user named it, for messages. */
  readonly image: string;
  readonly signal?: AbortSignal | undefined;
  /** Told how much of all layers together is done, in bytes of their files. */
  readonly onProgress?: ((doneBytes: number, allBytes: number) => void) | undefined;
}

const readFrom = promisify(read);
const READ_BYTES = 1024 * 1024;
const UNPACKED_BYTES = 256 * 1024;
/** Headers and what is skipped count as well: a small file can unpack to petabytes of them. */
const MAX_LAYER_BYTES = 64 * 2 ** 30;
const HASHES: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha512', 128],
]);
const GZIP = '1f8b';
const ZSTD = '28b52ffd';

/**
 * Unpack layers, lowest first. Every file is compared with its digest before anything of it is used.
 *
 * @param rootfs - a new root; not closed. After an error it is of no use but to `abort`.
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
      await checkDigest(layer, signal);
      const found = await unpackLayer(layer, rootfs, signal, (done) => onProgress?.(before + done, allBytes));
      leftOut.devices += found.devices;
      leftOut.xattrs += found.xattrs;
    } catch (cause) {
      throw explained(cause, image, layer);
    }
    before += layer.size;
  }
  return leftOut;
}

async function unpackLayer(
  layer: LayerFile,
  rootfs: Rootfs,
  signal: AbortSignal | undefined,
  onProgress: (done: number) => void,
): Promise<LeftOut> {
  const sink = createLayerSink(rootfs);
  const reader = createTarReader(sink);
  let unpacked = 0;
  const content = openContent(layer, onProgress);
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
function openContent(layer: LayerFile, onRead: (done: number) => void): Readable {
  const magic = Buffer.from(readPart(layer.fd, 0, Math.min(4, layer.size))).toString('hex');
  const unpack = magic.startsWith(GZIP)
    ? zlib.createGunzip({ chunkSize: UNPACKED_BYTES })
    : magic === ZSTD
      ? zstd()
      : undefined;
  const file = Readable.from(pieces(layer, onRead), { objectMode: false, highWaterMark: READ_BYTES });
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

/** Not a stream of `node:fs`, which closes the descriptor, whoever's it is, when it is stopped early. */
async function* pieces({ fd, size }: LayerFile, onRead: (done: number) => void = () => undefined) {
  for (let done = 0; done < size; ) {
    // A new one each time: what decompresses may still hold the last.
    const room = new Uint8Array(Math.min(READ_BYTES, size - done));
    const { bytesRead } = await readFrom(fd, room, 0, room.byteLength, done);
    if (bytesRead === 0) return;
    done += bytesRead;
    yield room.subarray(0, bytesRead);
    onRead(done);
  }
}

/** @throws Refusal if the file is not the one that the manifest means. */
async function checkDigest(layer: LayerFile, signal: AbortSignal | undefined): Promise<void> {
  const [algorithm = '', hex = '', ...rest] = layer.digest.split(':');
  const digits = HASHES.get(algorithm);
  if (digits === undefined || rest.length > 0 || hex.length !== digits || !/^[0-9a-f]+$/.test(hex)) {
    throw new Refusal('unsupported', 'its digest is none that is known here');
  }
  const hash: Hash = createHash(algorithm);
  let size = 0;
  for await (const chunk of pieces(layer)) {
    signal?.throwIfAborted();
    hash.update(chunk);
    size += chunk.byteLength;
  }
  if (size !== layer.size) {
    throw new Refusal('invalid', `it has ${size} bytes, where the manifest says ${layer.size}`);
  }
  if (hash.digest('hex') !== hex) {
    throw new Refusal('invalid', 'its content is not what the manifest says', 'Copy the image again.');
  }
}

/** Which layer it was, and in the words of images. */
function explained(cause: unknown, image: string, { digest }: LayerFile): unknown {
  const layer = `layer ${quote(digest)}`;
  if (cause instanceof Refusal && cause.code === 'limit') {
    return new PluginError('LIMIT_EXCEEDED', `Cannot unpack the image ${quote(image)}: ${layer}: ${cause.message}`, {
      hint: cause.hint,
      cause,
    });
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
