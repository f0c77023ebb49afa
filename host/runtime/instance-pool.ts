import type { CallOptions, CallResult } from '../sandbox/index.js';
import type { Report } from './call-queue.js';
import type { Ledger } from './ledger.js';
import type { Quarantine } from './quarantine.js';
import type { ResolvedPool } from './run-options.js';

/** The instances of one plugin, and who is served by which. Errors do not have the plugin's name yet. */
export interface InstancePool {
  /** Whether `callSync` would serve a call now, ahead of nobody. Never where instances have threads. */
  readonly isFree: boolean;
  /**
   * Call a hook in an instance that is free, or wait for one.
   *
   * @param options - checked before.
   * @returns rejects as the instance does, and with PluginError `PLUGIN_QUARANTINED`, `LIMIT_EXCEEDED`, `CALL_ABORTED`, `PLUGIN_CLOSED`.
   */
  call(hook: string, request: Uint8Array, options?: CallOptions, report?: Report): Promise<CallResult>;
  /**
   * The same for a caller who cannot wait, or need not.
   *
   * @throws as `call` rejects, and PluginError `PLUGIN_BUSY`; TypeError where instances have threads.
   */
  callSync(hook: string, request: Uint8Array, options?: CallOptions, report?: Report): CallResult;
  /** Call no more, fail those who wait, end the instances. */
  close(): Promise<void>;
}

/** What a pool is made of, wherever its instances run. */
export interface PoolParts {
  readonly options: ResolvedPool;
  readonly ledger: Ledger;
  readonly quarantine: Quarantine;
  /** Milliseconds since any fixed point; never decreases. */
  readonly now: () => number;
}
