export type { BuiltinEngineOptions } from './builtin/index.js';
export { createBuiltinEngine } from './builtin/index.js';
export type { ProcessIdentity } from './common/index.js';
export {
  changeableByOthers,
  cleanupStale,
  coverInheritedFds,
  defaultRunBase,
  identityOf,
  lifeOf,
  ourselves,
} from './common/index.js';
export type { ContainerIo, ContainerSpec, ContainerStats, Engine, ExitStatus, RunningContainer } from './engine.js';
export type { FollowedProcess } from './follow-process.js';
export { followProcess, startTimeOf } from './follow-process.js';
export type { ImageDefaults, ImageKind, ImageWayFacts, OpenImage, OpenImageOptions } from './image/index.js';
export { absoluteImageName, openImage, previewImage, probeImageWays } from './image/index.js';
export type { Instance, InstanceRecord, InstanceStatus, LogReader, LogWriter } from './instances/index.js';
export {
  createInstance,
  findInstance,
  isLive,
  LOG_NAME,
  listInstances,
  openLogReader,
  openLogWriter,
  removeInstance,
  statusOf,
  updateInstance,
} from './instances/index.js';
export type { Bind, MakeConfigOptions } from './make-config.js';
export { makeConfig } from './make-config.js';
export type { EngineFacts } from './probe.js';
export { probeEngines } from './probe.js';
export type { ContainerRun } from './run-container.js';
export { runContainer } from './run-container.js';
export type { RuntimeEngineOptions, RuntimeKind } from './runtime/index.js';
export { createRuntimeEngine } from './runtime/index.js';
export type { EngineName } from './select.js';
export { ENGINE_NAMES, selectEngine } from './select.js';
export type { SubordinateRange } from './subordinate-ids.js';
export { parseSubordinateIds } from './subordinate-ids.js';
export { buildTinyRootfs } from './tiny-rootfs.js';
export type { Trial } from './try-container.js';
export { tryContainer } from './try-container.js';
export { tryEngines } from './try-engines.js';
export type { LimitFacts } from './try-limits.js';
export { tryLimits } from './try-limits.js';
