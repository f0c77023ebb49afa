export type {
  Clocks,
  EnvSource,
  HttpSources,
  ImageAccess,
  KeyValueStore,
  LogLevel,
  LogLine,
  RandomSource,
  RefusalCode,
  Rootfs,
  RootfsPolicy,
} from '../capability/index.js';
export { createRootfs, imageAccess, Refusal } from '../capability/index.js';
export type { CallOptions, CapabilityContext, CodeStore, Isolation } from '../sandbox/index.js';
export type { Host } from './host.js';
export { createHost } from './host.js';
export type { CallUsage, Totals } from './ledger.js';
export type { HostLimits } from './limits.js';
export type { LoadOptions } from './load-options.js';
export type { HostOptions } from './options.js';
export type { Measured, Plugin } from './plugin.js';
export type { HostCapability } from './provide.js';
export { provide, provideRaw } from './provide.js';
export type { PoolOptions, QuarantineOptions, RunOptions } from './run-options.js';
export { HOST_VERSION } from './version.js';
