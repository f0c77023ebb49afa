export type { CoreModule } from './compile.js';
export { compileAssemblyScript, DEFAULT_ENTRY } from './compile.js';
export { CONFIG_FILE } from './config.js';
