/** Module name under which rewritten core modules import what the sandbox adds; no original may import from it. */
export const RESERVED_NAMESPACE = 'wasm-plugin:sandbox';

/** The memory that the host creates in place of the one that the module defined. */
export const MEMORY_IMPORT = 'memory';

/** Shared memory whose first cell says that time is up. */
export const EPOCH_IMPORT = 'epoch';

/** Mutable i64 that code counts down, one for all core modules of an instance. */
export const FUEL_IMPORT = 'fuel';

/** Function without parameters that code calls when its fuel is used up; anything but zero means: trap. */
export const TICK_IMPORT = 'tick';
