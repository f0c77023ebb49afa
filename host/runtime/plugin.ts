import { decode, encode, type Hook, type Schema, sameMajor } from '../abi/index.js';
import { escapeControls, PluginError, quote } from '../errors/index.js';
import type { Grant } from '../grant/index.js';
import type { Manifest } from '../package/index.js';
import type { CallOptions, CallResult, Isolation } from '../sandbox/index.js';
import { type CallLimits, checkCallOptions } from './call-options.js';
import type { Report } from './call-queue.js';
import { guestError, named } from './errors.js';
import type { InstancePool } from './instance-pool.js';
import type { CallUsage, Ledger, Totals } from './ledger.js';
import type { Quarantine } from './quarantine.js';

/** An answer with what it took. */
export interface Measured<Res> {
  readonly response: Res;
  readonly usage: CallUsage;
}

/** A loaded plugin. Nothing of it has run until the first call. */
export interface Plugin {
  readonly manifest: Manifest;
  /** `sha256:<hex>` of the package file. */
  readonly digest: string;
  /** Interface ids of the hooks that it exports, with their versions. */
  readonly hooks: readonly string[];
  /** What it may do: requested by its manifest and granted by whoever loaded it. */
  readonly grants: readonly Grant[];
  /** Where its instances run. */
  readonly isolation: Isolation;
  /** Whether it answers `hook`, at any version of the same major. */
  supports(hook: Hook | string): boolean;
  /**
   * Call one hook with a typed message.
   *
   * Where no instance is free the call waits for one, first come first served; a deadline counts from when an instance takes it, and the
   * signal ends the waiting too. A capability's handler may call the plugin that it serves: that takes another instance of the
   * pool. With no room for one it waits for the call that it is part of, so a handler that in turn waits for it waits until the
   * deadline.
   *
   * @param hook - made with `defineHook`; the request is checked against its schema before the guest sees it, and the
   *   response before you do.
   * @param options - `signal`; and a tighter `deadlineMs` (whole milliseconds) or `fuel` than the plugin's own.
   * @returns the response; you own it.
   * @throws TypeError if `request` does not fit the schema or `options` are none, RangeError for one out of bounds. PluginError
   *   `HOOK_MISSING`; `GUEST_ERROR` when the plugin answers with its error arm (its own code is `details.guestCode`); `GUEST_TRAP`,
   *   `GUEST_EXIT`, `DEADLINE_EXCEEDED`, `FUEL_EXHAUSTED`, `LIMIT_EXCEEDED`, `THREAD_FAILED` or `HOST_BUG` when it dies (the next call gets a
   *   fresh instance); `CALL_ABORTED` after `signal`, with its reason as `cause`, which costs the instance if it was at work;
   *   `PLUGIN_QUARANTINED` after too many deaths in a row; `LIMIT_EXCEEDED` when too many calls wait or the request is too large;
   *   `ABI_MALFORMED` when its answer does not fit; `PLUGIN_CLOSED`.
   */
  call<Req, Res, ReqInput, ResInput>(
    hook: Hook<Req, Res, ReqInput, ResInput>,
    request: ReqInput,
    options?: CallOptions,
  ): Promise<Res>;
  /** The same for one message of bytes: no schema, no msgpack. Returns bytes that you own; the request is not kept. */
  callRaw(interfaceId: string, request: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  /**
   * `call` without a promise, for code that cannot wait or where a promise costs as much as the call (docs/benchmarks.md).
   *
   * @throws as `call` rejects, and PluginError `PLUGIN_BUSY` where `call` would wait, which inline is only inside of a call; TypeError for a
   *   plugin whose instances have threads of their own.
   */
  callSync<Req, Res, ReqInput, ResInput>(
    hook: Hook<Req, Res, ReqInput, ResInput>,
    request: ReqInput,
    options?: CallOptions,
  ): Res;
  /** `callRaw` without a promise. */
  callRawSync(interfaceId: string, request: Uint8Array, options?: CallOptions): Uint8Array;
  /** `call`, and what it took: looking costs some microseconds. */
  measure<Req, Res, ReqInput, ResInput>(
    hook: Hook<Req, Res, ReqInput, ResInput>,
    request: ReqInput,
    options?: CallOptions,
  ): Promise<Measured<Res>>;
  /** `callRaw`, and what it took. */
  measureRaw(interfaceId: string, request: Uint8Array, options?: CallOptions): Promise<Measured<Uint8Array>>;
  /** What all calls since it was loaded took together. */
  totals(): Totals;
  /** End a quarantine at once, and forget the deaths that led to it. Without one, only the latter. */
  release(): void;
  /**
   * Drop the instances, and end those calls that run in threads. Calls that wait, and later ones, fail with `PLUGIN_CLOSED`. Settles
   * when all threads are gone.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a plugin needs from its host. */
export interface PluginParts {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly hooks: readonly string[];
  readonly grants: readonly Grant[];
  readonly isolation: Isolation;
  readonly pool: InstancePool;
  readonly ledger: Ledger;
  readonly quarantine: Quarantine;
  /** What the options of a call are held against. */
  readonly limits: CallLimits;
  /** Runs once, when it is closed. */
  readonly onClose: (plugin: Plugin) => void;
}

/** One plugin over its pool: finds the hook, checks what goes in and comes out, and puts the plugin's name into what goes wrong. */
export function createPlugin(parts: PluginParts): Plugin {
  const { manifest, hooks, pool } = parts;
  const exported = new Map<string, string>();
  let lastId = '';
  let lastHook = '';
  let closed = false;
  let closing = Promise.resolve();

  /** The exported id that serves `id`, remembered because every call asks; most ask for the same as the one before. */
  function resolve(id: string): string {
    if (id !== lastId) {
      lastHook = exported.get(id) ?? find(id);
      lastId = id;
    }
    return lastHook;
  }

  function find(id: string): string {
    const found = hooks.find((hook) => hook === id) ?? hooks.find((hook) => sameMajor(hook, id));
    if (found === undefined) {
      throw new PluginError(
        'HOOK_MISSING',
        `Cannot call ${id} of plugin ${quote(manifest.name)}: it does not export it`,
        {
          hint:
            hooks.length === 0 ? 'The plugin exports no hook.' : `It exports ${hooks.map(escapeControls).join(', ')}.`,
        },
      );
    }
    exported.set(id, found);
    return found;
  }

  /** What every call begins with. @returns the exported id. */
  function begin(id: string, options: CallOptions | undefined): string {
    if (closed) {
      throw new PluginError('PLUGIN_CLOSED', `Cannot call plugin ${quote(manifest.name)}: it was closed`);
    }
    if (options !== undefined) {
      checkCallOptions(options, parts.limits);
    }
    return resolve(id);
  }

  function payloadOf(hook: string, { ok, payload }: CallResult): Uint8Array {
    if (!ok) {
      throw guestError(manifest.name, hook, payload);
    }
    return payload;
  }

  function runSync(id: string, request: Uint8Array, options?: CallOptions): Uint8Array {
    const hook = begin(id, options);
    let result: CallResult;
    try {
      result = pool.callSync(hook, request, options);
    } catch (error) {
      throw named(manifest.name, error, options);
    }
    return payloadOf(hook, result);
  }

  async function runLater(
    id: string,
    request: Uint8Array,
    options?: CallOptions,
    report?: Report,
  ): Promise<Uint8Array> {
    const hook = begin(id, options);
    let result: CallResult;
    try {
      result = await pool.call(hook, request, options, report);
    } catch (error) {
      throw named(manifest.name, error, options);
    }
    return payloadOf(hook, result);
  }

  function readResponse<Res>(id: string, schema: Schema<Res, unknown>, bytes: Uint8Array): Res {
    try {
      return decode(schema, bytes, 'response');
    } catch (error) {
      throw named(manifest.name, error, { hook: id });
    }
  }

  async function measureRaw(id: string, request: Uint8Array, options?: CallOptions): Promise<Measured<Uint8Array>> {
    const report: Report = {};
    const response = await runLater(id, request, options, report);
    if (report.usage === undefined) {
      throw new PluginError(
        'HOST_BUG',
        `Plugin ${quote(manifest.name)}: Cannot tell what ${id} used: nobody measured it`,
      );
    }
    return { response, usage: report.usage };
  }

  async function close(): Promise<void> {
    if (closed) {
      // What went wrong has been told to whoever closed it first.
      return closing.catch(() => {});
    }
    closed = true;
    parts.onClose(plugin);
    closing = pool.close();
    return closing;
  }

  const plugin: Plugin = {
    manifest,
    digest: parts.digest,
    hooks,
    grants: parts.grants,
    isolation: parts.isolation,
    supports: (hook) => {
      const id = typeof hook === 'string' ? hook : hook.id;
      return hooks.some((exportedId) => exportedId === id || sameMajor(exportedId, id));
    },
    async call(hook, request, options) {
      const bytes = encode(hook.request, request, 'request');
      // Waiting for what is there already costs as much again as a promise does.
      const answer = pool.isFree ? runSync(hook.id, bytes, options) : await runLater(hook.id, bytes, options);
      return readResponse(hook.id, hook.response, answer);
    },
    callRaw: async (id, request, options) =>
      pool.isFree ? runSync(id, request, options) : runLater(id, request, options),
    callSync: (hook, request, options) =>
      readResponse(hook.id, hook.response, runSync(hook.id, encode(hook.request, request, 'request'), options)),
    callRawSync: runSync,
    async measure(hook, request, options) {
      const { response, usage } = await measureRaw(hook.id, encode(hook.request, request, 'request'), options);
      return { response: readResponse(hook.id, hook.response, response), usage };
    },
    measureRaw,
    totals: () => parts.ledger.totals(),
    release: () => parts.quarantine.release(),
    close,
    [Symbol.asyncDispose]: close,
  };
  return plugin;
}
