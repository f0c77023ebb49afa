export type { BuiltinEngineOptions } from './builtin-engine.js';
export { createBuiltinEngine } from './builtin-engine.js';
export { findTool, NEEDED_TOOLS, TOOLS_PATH } from './host-tools.js';
export { cleanupStale, defaultRunBase } from './run-directory.js';
