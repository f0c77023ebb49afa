export { compileComponent } from './compile.js';
export { INLINE_DEADLINE_METER } from './deadline/index.js';
export type { CodeStore } from './kept-code.js';
export type { SandboxLimits } from './limits.js';
export { DEFAULT_SANDBOX_LIMITS } from './limits.js';
export type {
  CallOptions,
  CallResult,
  Capability,
  CapabilityAnswer,
  CapabilityContext,
  CompiledComponent,
  ComponentInstance,
  InstanceOptions,
  Isolation,
  SyncCapability,
  ThreadInstance,
  Usage,
  WasiSources,
} from './options.js';
export type { StoppingPoints } from './position/index.js';
export { readStoppingPoints } from './position/index.js';
