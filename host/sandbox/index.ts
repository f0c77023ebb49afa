export { compileComponent } from './compile.js';
export type { SandboxLimits } from './limits.js';
export { DEFAULT_SANDBOX_LIMITS } from './limits.js';
export type {
  CallResult,
  Capability,
  CapabilityAnswer,
  CompiledComponent,
  ComponentInstance,
  InstanceOptions,
} from './options.js';
export type { WasiOptions } from './wasi/index.js';
