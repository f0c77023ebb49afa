export type { BuiltinEngineOptions } from './builtin/index.js';
export { cleanupStale, createBuiltinEngine, defaultRunBase } from './builtin/index.js';
export type {
  ContainerIo,
  ContainerSpec,
  ContainerStats,
  Engine,
  ExitStatus,
  RunningContainer,
  StdioChoice,
} from './engine.js';
export type { Bind, MakeConfigOptions } from './make-config.js';
export { DEFAULT_CONTAINER_PATH, makeConfig } from './make-config.js';
export type {
  OciCapabilities,
  OciConfig,
  OciDevice,
  OciHook,
  OciHookStage,
  OciHooks,
  OciIdMapping,
  OciLinux,
  OciMount,
  OciNamespace,
  OciNamespaceType,
  OciProcess,
  OciResources,
  OciRlimit,
  OciUser,
} from './oci-config.js';
export { parseOciConfig } from './parse-oci-config.js';
export type { EngineFacts, ToolFact } from './probe.js';
export { probeEngines } from './probe.js';
export type { ContainerRun } from './run-container.js';
export { runContainer } from './run-container.js';
export { buildTinyRootfs } from './tiny-rootfs.js';
