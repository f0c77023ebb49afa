export type { DeadlineMeter, Meter } from './meter.js';
export type { OffsetMap } from './offset-map.js';
export { NO_ORIGIN } from './offset-map.js';
export type { RewriteOptions, RewrittenModule } from './rewrite-module.js';
export { rewriteModule } from './rewrite-module.js';
