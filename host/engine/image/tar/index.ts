export type { TarEntry, TarKind, TarReader, TarSink } from './reader.js';
export { createTarReader } from './reader.js';
export type { TarPart } from './tar-index.js';
export { indexTar } from './tar-index.js';
