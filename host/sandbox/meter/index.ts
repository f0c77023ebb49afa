export type { DeadlineMeter, Meter } from './meter.js';
export { NO_ORIGIN, OffsetMap } from './offset-map.js';
export type { RewriteOptions, RewrittenModule } from './rewrite-module.js';
export { REWRITE_REVISION, rewriteModule } from './rewrite-module.js';
