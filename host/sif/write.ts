import { encodeDescriptor } from './descriptor.js';
import { readPartitionExtra } from './extra.js';
import { encodeHeader } from './header.js';
import {
  DEFAULT_CAPACITY,
  DEFAULT_TABLE_OFFSET,
  DESCRIPTOR_SIZE,
  LAUNCH_SIZE,
  UUID_SIZE,
  ZERO_TIME,
} from './layout.js';
import { DEFAULT_SIF_LIMITS } from './limits.js';
import { isTime, placeObject } from './place.js';
import { isPrimary } from './strict.js';
import type { SifDescriptor, SifHeader, SifInput } from './types.js';

export interface WriteSifOptions {
  /** First line of an executable image, at most 31 bytes. Default none, as plugins must have it. */
  readonly launchScript?: string;
  /** 16 bytes. Default all zero. */
  readonly uuid?: Uint8Array;
  /** Unix seconds for the header and every object without its own. Default Go's zero time. */
  readonly time?: bigint;
  /** Slots in the descriptor table. Default 48, at most 4096. */
  readonly capacity?: number;
}

/**
 * Write a new image that holds `objects`, in this order, with the IDs 1, 2, ….
 *
 * Deterministic unless told otherwise: no clock and no randomness, so the same objects give the same bytes, and the same
 * bytes as the Go library's deterministic mode.
 *
 * @param objects - their data is copied.
 * @returns a fresh array of exactly the file's bytes.
 * @throws RangeError if something does not fit the format, or there are two primary partitions.
 */
export function writeSif(objects: readonly SifInput[], options: WriteSifOptions = {}): Uint8Array {
  const {
    launchScript = '',
    uuid = new Uint8Array(UUID_SIZE),
    time = ZERO_TIME,
    capacity = DEFAULT_CAPACITY,
  } = options;
  checkOptions(launchScript, uuid, time, capacity, objects.length);
  const tableSize = capacity * DESCRIPTOR_SIZE;
  const dataOffset = DEFAULT_TABLE_OFFSET + tableSize;
  const descriptors: SifDescriptor[] = [];
  let dataEnd = dataOffset;
  for (const [index, object] of objects.entries()) {
    const descriptor = placeObject(object, index + 1, dataEnd, time);
    descriptors.push(descriptor);
    dataEnd = descriptor.offset + descriptor.size;
  }
  const header: SifHeader = {
    launchScript,
    arch: primaryArch(descriptors),
    uuid,
    created: time,
    modified: time,
    descriptorsFree: capacity - objects.length,
    descriptorsTotal: capacity,
    tableOffset: DEFAULT_TABLE_OFFSET,
    tableSize,
    dataOffset,
    dataSize: dataEnd - dataOffset,
  };
  const file = new Uint8Array(dataEnd);
  encodeHeader(header, file);
  for (const [index, descriptor] of descriptors.entries()) {
    const at = DEFAULT_TABLE_OFFSET + index * DESCRIPTOR_SIZE;
    encodeDescriptor(descriptor, file.subarray(at, at + DESCRIPTOR_SIZE));
    file.set(objects[index]?.data ?? [], descriptor.offset);
  }
  return file;
}

function checkOptions(launchScript: string, uuid: Uint8Array, time: bigint, capacity: number, count: number): void {
  const demand = (holds: boolean, problem: string): void => {
    if (!holds) throw new RangeError(`Cannot write SIF: ${problem}`);
  };
  const launchBytes = new TextEncoder().encode(launchScript).length;
  demand(launchBytes < LAUNCH_SIZE, `the launch script has ${launchBytes} bytes, at most ${LAUNCH_SIZE - 1} fit`);
  demand(!launchScript.includes('\0'), 'the launch script holds a NUL');
  demand(uuid.length === UUID_SIZE, `the UUID has ${uuid.length} bytes, it must have ${UUID_SIZE}`);
  demand(isTime(time), 'the time does not fit in 64 bits');
  const most = DEFAULT_SIF_LIMITS.maxDescriptors;
  demand(
    Number.isInteger(capacity) && capacity >= 0 && capacity <= most,
    `the capacity ${capacity} is not in 0..${most}`,
  );
  demand(count <= capacity, `${count} objects do not fit in ${capacity} descriptors`);
}

function primaryArch(descriptors: readonly SifDescriptor[]): string {
  const [first, second] = descriptors.filter(isPrimary);
  if (second !== undefined)
    throw new RangeError(`Cannot write SIF: objects ${first?.id} and ${second.id} are both primary partitions`);
  return first === undefined ? '00' : readPartitionExtra(first.extra).arch;
}
