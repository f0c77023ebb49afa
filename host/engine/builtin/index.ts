export type { BuiltinEngineOptions } from './builtin-engine.js';
export { createBuiltinEngine } from './builtin-engine.js';
