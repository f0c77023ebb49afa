export { findTool, TOOLS_PATH } from '../common/index.js';
export type { BuiltinEngineOptions } from './builtin-engine.js';
export { createBuiltinEngine } from './builtin-engine.js';
