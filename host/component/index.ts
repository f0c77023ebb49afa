export { decodeComponent, describeComponent } from './decode.js';
export type { InterfaceId } from './interface-id.js';
export { parseInterfaceId } from './interface-id.js';
export type { ComponentLimits } from './limits.js';
export { DEFAULT_COMPONENT_LIMITS } from './limits.js';
export type {
  ComponentPlan,
  CoreExport,
  CoreRef,
  CoreSignature,
  CoreType,
  HostFunction,
  LoweredImport,
  Missing,
} from './plan.js';
export { Reader } from './reader.js';
