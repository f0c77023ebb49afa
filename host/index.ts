/**
 * The library's public door: load plugins and call them through hooks of your own.
 *
 * What stands here is API under semver; everything else in the package is not, and is not exported.
 */
export type { CapabilityInterface, Hook, Infer, InferInput, Schema, StructSchema, Value } from './abi/index.js';
export {
  any,
  bin,
  bool,
  capabilities,
  defineHook,
  doc,
  f64,
  hooks,
  int,
  list,
  map,
  oneOf,
  optional,
  str,
  struct,
  withDefault,
} from './abi/index.js';
export type { PluginErrorCode, PluginErrorOptions } from './errors/index.js';
export { PluginError } from './errors/index.js';
export type { Manifest, ManifestSource, PackOptions } from './package/index.js';
export { packPlugin, readPackage } from './package/index.js';
export type {
  CallOptions,
  CallUsage,
  CapabilityContext,
  Clocks,
  CodeStore,
  EnvSource,
  Host,
  HostCapability,
  HostLimits,
  HostOptions,
  HttpSources,
  Isolation,
  KeyValueStore,
  LoadOptions,
  LogLevel,
  LogLine,
  Measured,
  Plugin,
  PoolOptions,
  QuarantineOptions,
  RandomSource,
  RefusalCode,
  RunOptions,
  Totals,
} from './runtime/index.js';
export { createHost, HOST_VERSION, provide, provideRaw, Refusal } from './runtime/index.js';
