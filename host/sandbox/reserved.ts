/** Module name under which rewritten core modules import what the sandbox adds; no original may import from it. */
export const RESERVED_NAMESPACE = 'wasm-plugin:sandbox';

/** The memory that the host creates in place of the one that the module defined. */
export const MEMORY_IMPORT = 'memory';
