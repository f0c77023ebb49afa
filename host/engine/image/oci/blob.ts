import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { unsupported } from '../fail.js';
import { readPart } from '../read-part.js';
import type { Descriptor, JsonRecord } from './descriptor.js';
import { isRecord } from './descriptor.js';

/** A JSON document; the specification wants registries to take manifests of 4 MiB. */
const MAX_JSON_BYTES = 4 * 2 ** 20;

/**
 * Open a blob, whose size is what its descriptor says. Its content is not looked at.
 *
 * @returns a descriptor that the caller closes.
 * @throws PluginError `IMAGE_UNSUPPORTED`
 */
export function openBlob(layout: string, { algorithm, hex, size }: Descriptor, image: string): number {
  const name = `${algorithm}:${hex}`;
  const fd = openFile(join(layout, 'blobs', algorithm, hex), image, `the blob ${name}`);
  const stat = fstatSync(fd);
  if (stat.size === size) return fd;
  closeSync(fd);
  throw unsupported(image, `the blob ${name} has ${stat.size} bytes, its descriptor says ${size}`);
}

/** Read a blob that is a JSON object, after its digest was compared. @throws PluginError `IMAGE_UNSUPPORTED` */
export function readJsonBlob(layout: string, descriptor: Descriptor, image: string): JsonRecord {
  const name = `${descriptor.algorithm}:${descriptor.hex}`;
  if (descriptor.size > MAX_JSON_BYTES) throw tooLarge(image, `the blob ${name}`, descriptor.size);
  const fd = openBlob(layout, descriptor, image);
  try {
    const bytes = readPart(fd, 0, descriptor.size);
    const actual = createHash(descriptor.algorithm).update(bytes).digest('hex');
    if (actual !== descriptor.hex) {
      throw unsupported(image, `the blob ${name} has another digest, ${descriptor.algorithm}:${actual}`);
    }
    return parse(bytes, image, `the blob ${name}`);
  } finally {
    closeSync(fd);
  }
}

/** Read a JSON object of the layout itself, for which there is no digest. @throws PluginError `IMAGE_UNSUPPORTED` */
export function readJsonFile(layout: string, name: string, image: string): JsonRecord {
  const fd = openFile(join(layout, name), image, name);
  try {
    const { size } = fstatSync(fd);
    if (size > MAX_JSON_BYTES) throw tooLarge(image, name, size);
    return parse(readPart(fd, 0, size), image, name);
  } finally {
    closeSync(fd);
  }
}

// Without blocking: a named pipe would otherwise wait for a writer.
function openFile(path: string, image: string, what: string): number {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw unsupported(image, code === 'ENOENT' ? `${what} is missing` : `${what}: ${code}`, undefined, cause);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw unsupported(image, `${what} is not a file`);
}

function parse(bytes: Uint8Array, image: string, what: string): JsonRecord {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unsupported(image, `${what} is not JSON`, undefined, cause);
  }
  if (!isRecord(value)) throw unsupported(image, `${what} is not a JSON object`);
  return value;
}

function tooLarge(image: string, what: string, size: number) {
  return unsupported(image, `${what} has ${size} bytes, at most ${MAX_JSON_BYTES} are read`);
}
