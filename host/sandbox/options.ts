import type { PluginError } from '../errors/index.js';
import type { SandboxLimits } from './limits.js';
import type { WasiOptions } from './wasi/index.js';

/** What a capability answers: a value, or the error arm that the guest is meant to handle. Payloads are messages. */
export interface CapabilityAnswer {
  readonly ok: boolean;
  /** Copied into the guest before the provider is called again; the provider keeps it. */
  readonly payload: Uint8Array;
}

/** What a capability may want to know of the hook call that it serves. */
export interface CapabilityContext {
  /** Aborted when the guest waits no longer: its deadline passed, its caller gave up, it was closed. Never, inline. */
  readonly signal: AbortSignal;
}

/**
 * Something the guest may ask of the host.
 *
 * The guest waits for it. An instance in a thread of its own may be answered later, with a promise; one that runs inline
 * cannot wait for one, and ends. What a capability throws ends the instance too; an outcome that the guest should handle is an
 * answer with `ok: false`. It must not call into the same instance.
 *
 * @param request - a copy, owned by the callee; what lies where it did, if it only `borrows`.
 */
export interface Capability {
  (request: Uint8Array, context: CapabilityContext): CapabilityAnswer | Promise<CapabilityAnswer>;
  /** It is done with the request when it returns, or has answered if it answers later. For large ones that saves a copy. Default no. */
  readonly borrows?: boolean;
}

/** A capability that works inline too. */
export interface SyncCapability {
  (request: Uint8Array): CapabilityAnswer;
  readonly borrows?: boolean;
}

/** What a hook answered. The payload is a copy, owned by the caller. */
export interface CallResult {
  /** False for the error arm. */
  readonly ok: boolean;
  readonly payload: Uint8Array;
}

/** Bounds of one call, tighter than the instance's. */
export interface CallOptions {
  /** Wall time from now in milliseconds. Default and most: the instance's `deadlineMs`. */
  readonly deadlineMs?: number | undefined;
  /** Default and most: the instance's `fuel`. Without effect where fuel is not counted. */
  readonly fuel?: number | undefined;
  /**
   * Ends the call with `CALL_ABORTED`, which costs the instance. Inline, where nothing else runs while the guest does, it is looked
   * at when the call starts and whenever the guest calls out.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What the last call (at first: the start) of an instance used. */
export interface Usage {
  /** Units of work; undefined where fuel is not counted. */
  readonly fuel: number | undefined;
  /** Processor time of the instance's thread in milliseconds; undefined inline, where its caller can measure it. */
  readonly cpuMs: number | undefined;
  /** Linear memory that the instance holds in bytes. It never shrinks, so this is the peak too. */
  readonly memoryBytes: number;
  readonly capabilityCalls: number;
}

/** All that WASI needs from outside; how the guest sleeps is the sandbox's affair. */
export type WasiSources = Omit<WasiOptions, 'sleep'>;

export interface InstanceOptions {
  /** By interface name without version, such as `wasm-plugin:host/log`. */
  readonly capabilities: ReadonlyMap<string, Capability>;
  /** Tighter than what the component was compiled with, for this instance: `memoryBytes` and `messageBytes` count. */
  readonly limits?: Partial<SandboxLimits> | undefined;
  /**
   * The error arm's payload for a capability that the component imports and this host does not have. Asked once for
   * each, with the interface name; another major version than 1 stays in it (`wasm-plugin:host/log@2.0.0`).
   */
  readonly missing: (interfaceName: string) => Uint8Array;
  /** Where the guest's WASI calls go. */
  readonly wasi: WasiSources;
  /** What the guest said just before it trapped, such as an assertion's text; becomes part of the error. */
  readonly lastWords?: (() => string | undefined) | undefined;
}

/** How an instance finds its capabilities. A map by name is one. */
export interface CapabilityLookup {
  /**
   * @param name - without version.
   * @param importedAs - the interface as the component spells it, for errors.
   */
  get(name: string, importedAs: string): Capability | undefined;
}

/** {@link InstanceOptions} as an instance uses them: in a thread, what is asked of the owner says how it was imported. */
export interface LinkOptions extends Omit<InstanceOptions, 'capabilities'> {
  readonly capabilities: CapabilityLookup;
}

/** One instance of a component: its memory, its state, one caller at a time. */
export interface ComponentInstance {
  /**
   * Call one hook.
   *
   * @param hookId - one of the component's hooks, as it spells it.
   * @param request - message bytes; copied into the guest, not kept.
   * @throws PluginError `GUEST_TRAP`, `GUEST_EXIT`, `DEADLINE_EXCEEDED`, `FUEL_EXHAUSTED`, `CALL_ABORTED`, `HOST_BUG` or
   *   `LIMIT_EXCEEDED` when the guest died, which poisons the instance; `PLUGIN_CLOSED` on an instance that is poisoned or closed;
   *   `PLUGIN_BUSY` from inside a capability; `HOOK_MISSING`; `LIMIT_EXCEEDED` for a request that is too large, which changes nothing.
   */
  call(hookId: string, request: Uint8Array, options?: CallOptions): CallResult;
  /** Of the last call. */
  usage(): Usage;
  /** Of its start and all calls together, so that who adds up need not ask after each. */
  totalUsage(): Usage;
  /** Why the instance died, once it has. */
  readonly failure: PluginError | undefined;
  /** Give up the instance: later calls fail, its memory can be collected. */
  close(): void;
}

/** The same in a thread of its own: the caller's event loop stays free, and capabilities may answer later. */
export interface ThreadInstance {
  /**
   * Call one hook; one call at a time, as with {@link ComponentInstance.call}. Rejects with the same codes, and `THREAD_FAILED` when
   * the thread ended by itself. Whatever happens to the thread, the promise settles.
   */
  call(hookId: string, request: Uint8Array, options?: CallOptions): Promise<CallResult>;
  /** Of the last call. */
  usage(): Usage;
  /** Why the instance died, once it has. Set also when the thread died between calls. */
  readonly failure: PluginError | undefined;
  /** End the thread, and with it a call that is running (`PLUGIN_CLOSED`). Settles when the thread is gone. */
  close(): Promise<void>;
}

/** Where instances run, which decides how their code is metered. */
export type Isolation = 'inline' | 'thread';

/** A component that is checked and compiled. Holds no state of any plugin: share it freely. */
export interface CompiledComponent {
  /** Ids of the hooks that it exports. */
  readonly hooks: readonly string[];
  /** Ids of the interfaces that it imports. */
  readonly imports: readonly string[];
  /**
   * Make an instance. Runs the guest's start functions.
   *
   * @throws PluginError as `call` does, and `COMPONENT_MALFORMED` if the core modules do not fit together,
   *   `COMPONENT_UNSUPPORTED` if it imports an interface that nobody offers; TypeError if it was compiled for threads.
   */
  instantiate(options: InstanceOptions): ComponentInstance;
  /**
   * Start a thread and make an instance in it. Rejects as `instantiate` throws; TypeError if it was compiled to run inline.
   * Capabilities, WASI sources and `lastWords` are asked in the caller's thread.
   *
   * @param signal - ends the start with `CALL_ABORTED`.
   */
  startThread(options: InstanceOptions, signal?: AbortSignal): Promise<ThreadInstance>;
}
