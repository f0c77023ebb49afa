import { createHash } from 'node:crypto';
import { unsupported } from '../fail.js';
import { readPart } from '../read-part.js';
import type { Descriptor, JsonRecord } from './descriptor.js';
import { isRecord } from './descriptor.js';
import type { ImageFiles, OpenPart } from './files.js';

/** A JSON document; the specification wants registries to take manifests of 4 MiB. */
const MAX_JSON_BYTES = 4 * 2 ** 20;

/**
 * Open a blob, whose size is what its descriptor says. Its content is not looked at.
 *
 * @throws PluginError `IMAGE_UNSUPPORTED`
 */
export function openBlob(files: ImageFiles, { algorithm, hex, size }: Descriptor, image: string): OpenPart {
  const name = `the blob ${algorithm}:${hex}`;
  const part = files.open(`blobs/${algorithm}/${hex}`, name);
  if (part.size === size) return part;
  part.close();
  throw unsupported(image, `${name} has ${part.size} bytes, its descriptor says ${size}`);
}

/** Read a blob that is a JSON object, after its digest was compared. @throws PluginError `IMAGE_UNSUPPORTED` */
export function readJsonBlob(files: ImageFiles, descriptor: Descriptor, image: string): JsonRecord {
  const { algorithm, hex, size } = descriptor;
  const name = `the blob ${algorithm}:${hex}`;
  if (size > MAX_JSON_BYTES) throw tooLarge(image, name, size);
  return recordOf(readAll(openBlob(files, descriptor, image), { algorithm, hex }, image, name), image, name);
}

/**
 * Read a JSON document of the layout or archive itself.
 *
 * @param expected - digest in hexadecimal, where there is one. @throws PluginError `IMAGE_UNSUPPORTED`
 */
export function readJsonFile(files: ImageFiles, name: string, image: string, expected?: Digest): unknown {
  const part = files.open(name, name);
  if (part.size <= MAX_JSON_BYTES) return readAll(part, expected, image, name);
  part.close();
  throw tooLarge(image, name, part.size);
}

/** @throws PluginError `IMAGE_UNSUPPORTED` */
export function recordOf(value: unknown, image: string, what: string): JsonRecord {
  if (!isRecord(value)) throw unsupported(image, `${what} is not a JSON object`);
  return value;
}

type Digest = Pick<Descriptor, 'algorithm' | 'hex'>;

function readAll({ fd, offset, size, close }: OpenPart, expected: Digest | undefined, image: string, what: string) {
  try {
    const bytes = readPart(fd, offset, size);
    if (expected !== undefined) checkDigest(bytes, expected, image, what);
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) {
      throw unsupported(image, `${what} is not JSON`, undefined, cause);
    }
    throw cause;
  } finally {
    close();
  }
}

function checkDigest(bytes: Uint8Array, { algorithm, hex }: Digest, image: string, what: string): void {
  const actual = createHash(algorithm).update(bytes).digest('hex');
  if (actual !== hex) throw unsupported(image, `${what} has another digest, ${algorithm}:${actual}`);
}

function tooLarge(image: string, what: string, size: number) {
  return unsupported(image, `${what} has ${size} bytes, at most ${MAX_JSON_BYTES} are read`);
}
