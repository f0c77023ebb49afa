export type {
  Clocks,
  EnvSource,
  KeyValueStore,
  LogLevel,
  LogLine,
  RandomSource,
  RefusalCode,
} from '../capability/index.js';
export { Refusal } from '../capability/index.js';
export type { Host, LoadOptions } from './host.js';
export { createHost } from './host.js';
export type { HostLimits, HostOptions } from './options.js';
export type { Plugin } from './plugin.js';
export type { HostCapability } from './provide.js';
export { provide, provideRaw } from './provide.js';
export { HOST_VERSION } from './version.js';
