import { readSifHeader } from './header.js';
import { DEFAULT_SIF_LIMITS, type SifLimits } from './limits.js';
import { checkStrict } from './strict.js';
import { readSifDescriptors } from './table.js';
import type { SifImage } from './types.js';

export interface ReadSifOptions {
  /** Default `DEFAULT_SIF_LIMITS`. */
  readonly limits?: SifLimits;
  /** `bounded` keeps us safe from any file; `strict` adds what plugin packages must keep. Default `bounded`. */
  readonly profile?: 'bounded' | 'strict';
}

/**
 * Read a SIF image from memory.
 *
 * Whoever made the file chose every number in it, so all are checked before anything depends on them, and nothing but a
 * small record per used slot is allocated: data and extra fields are views.
 *
 * @param file - the whole image; kept by the views in the result, not modified.
 * @throws PluginError `SIF_MALFORMED` with offset and reason; `LIMIT_EXCEEDED` above `limits`.
 */
export function readSif(file: Uint8Array, options: ReadSifOptions = {}): SifImage {
  const { limits = DEFAULT_SIF_LIMITS, profile = 'bounded' } = options;
  const header = readSifHeader(file, file.length, limits);
  const table = file.subarray(header.tableOffset, header.tableOffset + header.tableSize);
  const descriptors = readSifDescriptors(table, header, limits);
  if (profile === 'strict') checkStrict(file, header, descriptors);
  const objects = descriptors.map((one) => ({ ...one, data: file.subarray(one.offset, one.offset + one.size) }));
  return { header, objects };
}
