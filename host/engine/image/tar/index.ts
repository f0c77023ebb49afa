export type { TarEntry, TarKind, TarReader, TarSink } from './reader.js';
export { createTarReader } from './reader.js';
