import { decodeDescriptor } from './descriptor.js';
import { aboveLimit, malformed } from './fail.js';
import { DESCRIPTOR, DESCRIPTOR_SIZE, HEADER } from './layout.js';
import { DEFAULT_SIF_LIMITS, type SifLimits } from './limits.js';
import type { SifDescriptor, SifHeader } from './types.js';

/**
 * Read the descriptor table.
 *
 * @param table - the `header.tableSize` bytes at `header.tableOffset`; neither kept (but see `extra`) nor modified.
 * @param header - from `readSifHeader` on the same file, which checked the counts that this relies on.
 * @returns the used slots in table order. Their data lies inside the data area and no two overlap. `extra` is a view.
 * @throws PluginError `SIF_MALFORMED` with offset and reason; `LIMIT_EXCEEDED` above `maxObjectBytes`.
 */
export function readSifDescriptors(
  table: Uint8Array,
  header: SifHeader,
  limits: SifLimits = DEFAULT_SIF_LIMITS,
): SifDescriptor[] {
  if (table.length !== header.tableSize) {
    throw new RangeError(`The descriptor table has ${header.tableSize} bytes, got ${table.length}`);
  }
  const descriptors: SifDescriptor[] = [];
  for (let index = 0; index < header.descriptorsTotal; index++) {
    const at = index * DESCRIPTOR_SIZE;
    const base = header.tableOffset + at;
    const descriptor = decodeDescriptor(table.subarray(at, at + DESCRIPTOR_SIZE), index, base);
    if (descriptor === undefined) continue;
    checkExtent(descriptor, header, limits, base);
    descriptors.push(descriptor);
  }
  const free = header.descriptorsTotal - descriptors.length;
  if (header.descriptorsFree !== free) {
    throw malformed('header', HEADER.free, `${header.descriptorsFree} descriptors are said to be free, ${free} are`);
  }
  checkOverlap(descriptors, header.tableOffset);
  return descriptors;
}

function checkExtent(descriptor: SifDescriptor, header: SifHeader, limits: SifLimits, base: number): void {
  const { id, offset, size, paddedSize } = descriptor;
  const what = `descriptor ${id}`;
  const { dataOffset, dataSize } = header;
  if (offset < dataOffset) {
    throw malformed(what, base + DESCRIPTOR.offset, `the offset is ${offset}, the data starts at ${dataOffset}`);
  }
  // Subtract, never add: the sum of two numbers from the file may leave 2^53.
  if (size > dataSize || offset - dataOffset > dataSize - size) {
    const end = dataOffset + dataSize;
    throw malformed(what, base + DESCRIPTOR.size, `${size} bytes at ${offset} run past the end of the data at ${end}`);
  }
  if (paddedSize < size) {
    throw malformed(what, base + DESCRIPTOR.paddedSize, `the size with padding is ${paddedSize}, the size is ${size}`);
  }
  if (size > limits.maxObjectBytes) throw aboveLimit(`the size of object ${id}`, size, limits.maxObjectBytes);
}

// An empty object has no bytes to share, wherever it points.
function checkOverlap(descriptors: readonly SifDescriptor[], tableOffset: number): void {
  const byOffset = descriptors.filter((one) => one.size > 0).sort((a, b) => a.offset - b.offset);
  let previous: SifDescriptor | undefined;
  for (const next of byOffset) {
    if (previous !== undefined && next.offset < previous.offset + previous.size) {
      const at = tableOffset + (next.id - 1) * DESCRIPTOR_SIZE + DESCRIPTOR.offset;
      const end = previous.offset + previous.size;
      throw malformed(
        `descriptor ${next.id}`,
        at,
        `the offset is ${next.offset}, object ${previous.id} ends at ${end}`,
      );
    }
    previous = next;
  }
}
