export type { RuntimeKind } from './admit.js';
export type { RuntimeEngineOptions } from './runtime-engine.js';
export { createRuntimeEngine } from './runtime-engine.js';
