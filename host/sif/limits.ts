/** Caps on what `readSif` and its parts accept. Nothing in the file can raise them. */
export interface SifLimits {
  /** Slots in the descriptor table, used or not. Default 4096. */
  readonly maxDescriptors: number;
  /** Data bytes of one object. Default 2 GiB. */
  readonly maxObjectBytes: number;
  /** Bytes of the whole file. Default 8 GiB: a container image may be read in parts, see `readSifHeader`. */
  readonly maxFileBytes: number;
}

const GIB = 1024 ** 3;

export const DEFAULT_SIF_LIMITS: SifLimits = { maxDescriptors: 4096, maxObjectBytes: 2 * GIB, maxFileBytes: 8 * GIB };
