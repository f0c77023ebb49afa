import type { WasmMemory } from '../web-assembly.js';

/**
 * Wall time of guest code in one JavaScript thread.
 *
 * Calls nest: a plugin calls a capability, whose handler calls another plugin. Each has its own time, and nobody outlives those
 * around it: once an outer call is out of time, all that run inside it are.
 */
export interface Deadline {
  /** What rewritten code imports as `epoch`: a cell that is not zero once time is up. Absent where code asks through `tick`. */
  readonly epoch: WasmMemory | undefined;
  /**
   * A call starts. Every one that returns from here must be followed by {@link leave}.
   *
   * @param ms - from now. Time may be taken a little late, never early.
   * @throws PluginError `LIMIT_EXCEEDED` when too many calls are nested; `THREAD_FAILED` when nobody watches the time.
   */
  enter(ms: number): void;
  /** The innermost call has ended. */
  leave(): void;
  /** Milliseconds that the outermost call which is out of time had; undefined while all have time. */
  expired(): number | undefined;
  /** Block this thread, until time is up at most. */
  sleep(ms: number): void;
}

/** Nested calls: each may hold a guest's stack, and no sane chain of plugins is as long. */
export const MAX_NESTED_CALLS = 64;
