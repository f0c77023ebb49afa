/**
 * What points from one blob of an OCI image to the next: type, digest and size.
 *
 * Format: OCI image specification 1.1, "Content Descriptors". Every value is foreign.
 */
import { quote } from '../../../errors/index.js';
import { unsupported } from '../fail.js';

export interface Descriptor {
  readonly mediaType: string;
  /** `sha256` or `sha512`. */
  readonly algorithm: string;
  /** The digest in hexadecimal, of the length that `algorithm` has. */
  readonly hex: string;
  readonly size: number;
  readonly platform: Platform | undefined;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export type JsonRecord = Readonly<Record<string, unknown>>;

const DIGEST = /^(?:(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128}))$/;

/** @param what - the document that it stands in, for messages. @throws PluginError `IMAGE_UNSUPPORTED` */
export function readDescriptor(value: unknown, image: string, what: string): Descriptor {
  if (!isRecord(value)) throw unsupported(image, `${what} has something else in place of a descriptor`);
  const mediaType = own(value, 'mediaType');
  const size = own(value, 'size');
  const match = DIGEST.exec(textOf(own(value, 'digest')));
  if (match === null) {
    throw unsupported(
      image,
      `${what} has the digest ${quote(textOf(own(value, 'digest')))}, only sha256 and sha512 are known`,
    );
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw unsupported(image, `${what} has a size that is none`);
  }
  const algorithm = (match[1] ?? match[3]) as string;
  const hex = (match[2] ?? match[4]) as string;
  return { mediaType: textOf(mediaType), algorithm, hex, size, platform: readPlatform(own(value, 'platform')) };
}

/** @returns undefined if `value` names none. */
export function readPlatform(value: unknown): Platform | undefined {
  if (!isRecord(value)) return undefined;
  const [os, architecture] = [textOf(own(value, 'os')), textOf(own(value, 'architecture'))];
  return os === '' && architecture === '' ? undefined : { os, architecture };
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that the document itself has; never one of Object's. */
export function own(record: JsonRecord, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Entries of one index, and layers of one image. */
const MAX_ENTRIES = 1000;

/** @throws PluginError `IMAGE_UNSUPPORTED` if it is no list, or has more entries than are read. */
export function listOf(record: JsonRecord, name: string, image: string, what: string): readonly unknown[] {
  const value = own(record, name);
  if (!Array.isArray(value)) throw unsupported(image, `${what} has no list ${quote(name)}`);
  if (value.length > MAX_ENTRIES) {
    throw unsupported(image, `${what} has ${value.length} entries in ${quote(name)}, at most ${MAX_ENTRIES} are read`);
  }
  return value;
}

/** What a configuration says about running the image; empty if nothing. */
export function configOf(configuration: JsonRecord): JsonRecord {
  const config = own(configuration, 'config');
  return isRecord(config) ? config : {};
}
