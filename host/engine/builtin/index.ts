export type { BuiltinEngineOptions } from './builtin-engine.js';
export { createBuiltinEngine } from './builtin-engine.js';
export { findTool, NEEDED_TOOLS, TOOLS_PATH } from './host-tools.js';
export { defaultRunBase } from './run-directory.js';
