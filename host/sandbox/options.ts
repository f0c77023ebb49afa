import type { PluginError } from '../errors/index.js';
import type { SandboxLimits } from './limits.js';
import type { WasiOptions } from './wasi/index.js';

/** What a capability answers: a value, or the error arm that the guest is meant to handle. Payloads are messages. */
export interface CapabilityAnswer {
  readonly ok: boolean;
  /** Copied into the guest before the provider is called again; the provider keeps it. */
  readonly payload: Uint8Array;
}

/**
 * Something the guest may ask of the host.
 *
 * Synchronous, for the guest waits. What it throws ends the instance; an outcome that the guest should handle is an answer
 * with `ok: false`. It must not call into the same instance.
 *
 * @param request - a copy, owned by the callee.
 */
export type Capability = (request: Uint8Array) => CapabilityAnswer;

/** What a hook answered. The payload is a copy, owned by the caller. */
export interface CallResult {
  /** False for the error arm. */
  readonly ok: boolean;
  readonly payload: Uint8Array;
}

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
  readonly wasi: WasiOptions;
  /** What the guest said just before it trapped, such as an assertion's text; becomes part of the error. */
  readonly lastWords?: (() => string | undefined) | undefined;
}

/** One instance of a component: its memory, its state, one caller at a time. */
export interface ComponentInstance {
  /**
   * Call one hook.
   *
   * @param hookId - one of the component's hooks, as it spells it.
   * @param request - message bytes; copied into the guest, not kept.
   * @throws PluginError `GUEST_TRAP`, `GUEST_EXIT`, `HOST_BUG` or `LIMIT_EXCEEDED` when the guest died, which poisons the
   *   instance; `PLUGIN_CLOSED` on an instance that is poisoned or closed; `PLUGIN_BUSY` from inside a capability;
   *   `HOOK_MISSING`; `LIMIT_EXCEEDED` for a request that is too large, which changes nothing.
   */
  call(hookId: string, request: Uint8Array): CallResult;
  /** Why the instance died, once it has. */
  readonly failure: PluginError | undefined;
  /** Give up the instance: later calls fail, its memory can be collected. */
  close(): void;
}

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
   *   `COMPONENT_UNSUPPORTED` if it imports an interface that nobody offers.
   */
  instantiate(options: InstanceOptions): ComponentInstance;
}
