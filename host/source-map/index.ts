export { fromDataUrl, toDataUrl } from './data-url.js';
export type { SourcePosition } from './find-positions.js';
export { findPositions } from './find-positions.js';
export { MappingsReader } from './mappings-reader.js';
export type { Position } from './mappings-writer.js';
export { MappingsWriter } from './mappings-writer.js';
export type { SourceMap } from './source-map.js';
export { formatSourceMap, parseSourceMap } from './source-map.js';
