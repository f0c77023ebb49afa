export { createWasi } from './create-wasi.js';
export { GuestExit } from './guest-exit.js';
export type { CoreFunction, GuestMemory, Lowering, Wasi, WasiOptions } from './types.js';
