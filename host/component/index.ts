export { decodeComponent, describeComponent } from './decode.js';
export type { InterfaceId } from './interface-id.js';
export { parseInterfaceId } from './interface-id.js';
export type { ComponentLimits } from './limits.js';
export { DEFAULT_COMPONENT_LIMITS } from './limits.js';
export type {
  ComponentPlan,
  CoreExport,
  CoreInstance,
  CoreRef,
  CoreSignature,
  CoreType,
  HostFunction,
  ImportedResourceDrop,
  LiftedHook,
  LoweredImport,
  Missing,
  OwnResourceOperation,
  Relay,
} from './plan.js';
export type { Budget } from './reader.js';
export { Reader } from './reader.js';
