import type { ComponentLimits } from '../component/index.js';
import { DEFAULT_COMPONENT_LIMITS } from '../component/index.js';

/** What one component and one instance of it may use. */
export interface SandboxLimits {
  /** Linear memory of one instance in bytes, all of its memories together. Default 64 MiB; rounded down to whole pages. */
  readonly memoryBytes: number;
  /** Memories that one instance may have: each reserves address space, whatever its size. Default 16. */
  readonly memories: number;
  /** Table entries of one instance, all of its tables together. Default 100,000. */
  readonly tableEntries: number;
  /** One message, each way, of hooks and of capabilities. Default 16 MiB. */
  readonly messageBytes: number;
  /**
   * Functions, imports, exports, tables, globals, tags and bytes of element segments of all core instances together: each
   * instance of a module has its own, in the host's heap, where no memory limit reaches. Default 500,000; a QuickJS component
   * needs about 4,500.
   */
  readonly definitions: number;
  /** Functions that the host must provide, each use of an import by itself. Default 5000; a QuickJS component needs 60. */
  readonly hostFunctions: number;
  /** One core module. Default 32 MiB. */
  readonly moduleBytes: number;
  /**
   * The code of one function in bytes. Default 256 KiB. V8 compiles a function when it is first called, which nothing can
   * interrupt: this bounds how far that goes past a deadline (docs/rationale.md).
   */
  readonly functionBytes: number;
  /** Reading, checking and compiling one component, in milliseconds. Default 10,000. */
  readonly compileMs: number;
  /** Wall time of starting an instance and of each call, in milliseconds. Default 5000. Nested calls keep the outer one's. */
  readonly deadlineMs: number;
  /** Units of work that one call may do, counted exactly (docs/rationale.md). Default undefined: not counted, which is faster. */
  readonly fuel: number | undefined;
  /** Calls to capabilities and WASI functions during one hook call. Default 100,000. */
  readonly capabilityCalls: number;
  /** Stack of an instance in a thread of its own, in bytes. Default 1 MiB. An inline instance has what is left of its caller's. */
  readonly stackBytes: number;
  /** Bounds of the decoder. */
  readonly component: ComponentLimits;
}

/** The defaults that {@link SandboxLimits} describes. */
export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = Object.freeze({
  memoryBytes: 64 * 1024 * 1024,
  memories: 16,
  tableEntries: 100_000,
  messageBytes: 16 * 1024 * 1024,
  definitions: 500_000,
  hostFunctions: 5000,
  moduleBytes: 32 * 1024 * 1024,
  functionBytes: 256 * 1024,
  compileMs: 10_000,
  deadlineMs: 5000,
  fuel: undefined,
  capabilityCalls: 100_000,
  stackBytes: 1024 * 1024,
  component: DEFAULT_COMPONENT_LIMITS,
});
