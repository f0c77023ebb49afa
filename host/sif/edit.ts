import { PluginError } from '../errors/index.js';
import { encodeDescriptor } from './descriptor.js';
import { readPartitionExtra } from './extra.js';
import { isZero } from './fields.js';
import { updateHeader } from './header.js';
import { DESCRIPTOR_SIZE, ZERO_TIME } from './layout.js';
import { DEFAULT_SIF_LIMITS, type SifLimits } from './limits.js';
import { placeObject } from './place.js';
import { readSif } from './read.js';
import { isPrimary } from './strict.js';
import type { SifHeader, SifImage, SifInput, SifObject } from './types.js';

export interface EditSifOptions {
  /**
   * Unix seconds of the edit. Default: zero time for a deterministic image, which stays one; for others the time that
   * the header already has, because nothing here reads a clock.
   */
  readonly time?: bigint;
  /** For reading the image that is edited. Default `DEFAULT_SIF_LIMITS`. */
  readonly limits?: SifLimits;
}

export interface DeleteSifOptions extends EditSifOptions {
  /** Overwrite the object's bytes with zeros. Default false: they stay readable in the file, as upstream leaves them. */
  readonly zero?: boolean;
  /** Cut the file after its last remaining object. Gaps further in remain. Default false. */
  readonly compact?: boolean;
}

/**
 * Add one object to an image.
 *
 * It gets the lowest free slot and the space behind the last used object, so a deleted tail is overwritten, and what is
 * left of that tail is cut off. (siftool 2.8.3 appends behind it instead; both read either.)
 * The ID may have belonged to a deleted object: a link that still names that ID then means the new one.
 *
 * @param file - the whole image; not modified.
 * @returns the new image, in fresh memory.
 * @throws PluginError what `readSif` throws; `LIMIT_EXCEEDED` when no slot is free.
 * @throws RangeError if the object does not fit the format, or is a second primary partition.
 */
export function addObject(file: Uint8Array, object: SifInput, options: EditSifOptions = {}): Uint8Array {
  const image = readSif(file, { limits: options.limits ?? DEFAULT_SIF_LIMITS });
  const { header, objects } = image;
  const time = editTime(header, options.time);
  const dataEnd = endOfData(image);
  const descriptor = placeObject(object, freeId(image), dataEnd, time);
  const primary = isPrimary(descriptor);
  if (primary && objects.some(isPrimary))
    throw new RangeError('Cannot add SIF object: the image has a primary partition');
  const end = descriptor.offset + descriptor.size;
  const edited = new Uint8Array(end);
  edited.set(file.subarray(0, dataEnd));
  edited.set(object.data, descriptor.offset);
  encodeDescriptor(descriptor, slotOf(edited, header, descriptor.id));
  const change = {
    modified: time,
    descriptorsFree: header.descriptorsFree - 1,
    dataSize: end - header.dataOffset,
    arch: primary ? readPartitionExtra(descriptor.extra).arch : undefined,
  };
  updateHeader(change, edited);
  return edited;
}

/**
 * Delete one object from an image.
 *
 * Links to it are left alone, and its group loses a member: a signature over that group no longer fits.
 *
 * @param file - the whole image; not modified.
 * @returns the new image, in fresh memory; of the same length unless `compact` is set.
 * @throws PluginError what `readSif` throws.
 * @throws RangeError if there is no object `id`.
 */
export function deleteObject(file: Uint8Array, id: number, options: DeleteSifOptions = {}): Uint8Array {
  const image = readSif(file, { limits: options.limits ?? DEFAULT_SIF_LIMITS });
  const { header } = image;
  const gone = image.objects.find((one) => one.id === id);
  if (gone === undefined) throw new RangeError(`Cannot delete SIF object ${id}: the image has no such object`);
  const rest = { header, objects: image.objects.filter((one) => one.id !== id) };
  const end = endOfData(rest);
  const edited = options.compact === true ? file.slice(0, end) : file.slice();
  // After a cut, a deleted last object may lie wholly or partly outside; subarray clamps.
  if (options.zero === true) edited.subarray(gone.offset, gone.offset + gone.size).fill(0);
  slotOf(edited, header, id).fill(0);
  const change = {
    modified: editTime(header, options.time),
    descriptorsFree: header.descriptorsFree + 1,
    dataSize: options.compact === true ? end - header.dataOffset : header.dataSize,
    arch: isPrimary(gone) ? '00' : undefined,
  };
  updateHeader(change, edited);
  return edited;
}

function editTime(header: SifHeader, time: bigint | undefined): bigint {
  if (time !== undefined) return time;
  const deterministic = isZero(header.uuid) && header.created === ZERO_TIME && header.modified === ZERO_TIME;
  return deterministic ? ZERO_TIME : header.modified;
}

function endOfData(image: SifImage): number {
  const ends = image.objects.map((one: SifObject) => one.offset + one.size);
  return Math.max(image.header.dataOffset, ...ends);
}

function freeId(image: SifImage): number {
  const used = new Set(image.objects.map((one) => one.id));
  for (let id = 1; id <= image.header.descriptorsTotal; id++) {
    if (!used.has(id)) return id;
  }
  const total = image.header.descriptorsTotal;
  throw new PluginError('LIMIT_EXCEEDED', `Cannot add SIF object: all ${total} descriptors are in use`, {
    hint: 'Write the image anew with a larger capacity.',
    details: { descriptors: total },
  });
}

function slotOf(file: Uint8Array, header: SifHeader, id: number): Uint8Array {
  const at = header.tableOffset + (id - 1) * DESCRIPTOR_SIZE;
  return file.subarray(at, at + DESCRIPTOR_SIZE);
}
