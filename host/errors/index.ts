export type { PluginErrorCode, PluginErrorOptions } from './plugin-error.js';
export { PluginError } from './plugin-error.js';
export { escapeControls, quote } from './quote.js';
