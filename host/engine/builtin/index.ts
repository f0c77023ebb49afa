export type { BuiltinEngineOptions } from './builtin-engine.js';
export { createBuiltinEngine } from './builtin-engine.js';
export type { Place } from './container-view.js';
export { createContainerView } from './container-view.js';
