export type {
  OciCapabilities,
  OciConfig,
  OciHook,
  OciHookStage,
  OciHooks,
  OciMount,
  OciProcess,
  OciRlimit,
  OciUser,
} from './config.js';
export type {
  OciDevice,
  OciDeviceRule,
  OciIdMapping,
  OciLinux,
  OciNamespace,
  OciNamespaceType,
  OciResources,
  OciSeccomp,
} from './linux-config.js';
export type { RunnableConfig } from './parse-oci-config.js';
export { parseOciConfig, parseRunnableConfig } from './parse-oci-config.js';
export { isRuntimeSetting } from './runtime-annotations.js';
