export type { DeleteSifOptions, EditSifOptions } from './edit.js';
export { addObject, deleteObject } from './edit.js';
export type { PartitionExtra, SignatureExtra } from './extra.js';
export { partitionExtra, readPartitionExtra, readSignatureExtra, signatureExtra } from './extra.js';
export { isSif, readSifHeader } from './header.js';
export {
  ARCHITECTURES,
  DATA_TYPE,
  FS_TYPE,
  HASH_TYPE,
  HEADER_SIZE,
  PARTITION_ALIGNMENT,
  PARTITION_TYPE,
  ZERO_TIME,
} from './layout.js';
export type { SifLimits } from './limits.js';
export { DEFAULT_SIF_LIMITS } from './limits.js';
export type { ReadSifOptions } from './read.js';
export { readSif } from './read.js';
export { readSifDescriptors } from './table.js';
export type { SifDescriptor, SifHeader, SifImage, SifInput, SifLink, SifObject } from './types.js';
export type { WriteSifOptions } from './write.js';
export { writeSif } from './write.js';
