import { decode, encode, errorMessage, type Hook, type Schema, sameMajor } from '../abi/index.js';
import { escapeControls, PluginError, quote } from '../errors/index.js';
import type { Grant } from '../grant/index.js';
import type { Manifest } from '../package/index.js';
import type { CallResult, ComponentInstance } from '../sandbox/index.js';

/** A loaded plugin. Nothing of it has run until the first call. */
export interface Plugin {
  readonly manifest: Manifest;
  /** `sha256:<hex>` of the package file. */
  readonly digest: string;
  /** Interface ids of the hooks that it exports, with their versions. */
  readonly hooks: readonly string[];
  /** What it may do: requested by its manifest and granted by whoever loaded it. */
  readonly grants: readonly Grant[];
  /** Whether it answers `hook`, at any version of the same major. */
  supports(hook: Hook | string): boolean;
  /**
   * Call one hook with a typed message.
   *
   * @param hook - made with `defineHook`; the request is checked against its schema before the guest sees it, and the
   *   response before you do.
   * @returns the response; you own it.
   * @throws TypeError if `request` does not fit the schema. PluginError `HOOK_MISSING`; `GUEST_ERROR` when the plugin
   *   answers with its error arm (its own code is `details.guestCode`); `GUEST_TRAP`, `GUEST_EXIT` or `LIMIT_EXCEEDED` when
   *   it dies (the next call gets a fresh instance); `ABI_MALFORMED` when its answer does not fit; `PLUGIN_CLOSED`.
   */
  call<Req, Res, ReqInput, ResInput>(hook: Hook<Req, Res, ReqInput, ResInput>, request: ReqInput): Promise<Res>;
  /** The same for one message of bytes: no schema, no msgpack. Returns bytes that you own; the request is not kept. */
  callRaw(interfaceId: string, request: Uint8Array): Promise<Uint8Array>;
  /**
   * `call` without a promise, for code that cannot wait or where a promise costs as much as the call (docs/benchmarks.md).
   *
   * The guest runs on this thread either way; only here a later version, which may run it on another, has nothing to offer.
   */
  callSync<Req, Res, ReqInput, ResInput>(hook: Hook<Req, Res, ReqInput, ResInput>, request: ReqInput): Res;
  /** `callRaw` without a promise. */
  callRawSync(interfaceId: string, request: Uint8Array): Uint8Array;
  /** Drop the instance. Later calls fail with `PLUGIN_CLOSED`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a plugin needs from its host. */
export interface PluginParts {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly hooks: readonly string[];
  readonly grants: readonly Grant[];
  /** A fresh instance of the compiled component. */
  readonly instantiate: () => ComponentInstance;
  /** Runs before every call: budgets start anew. */
  readonly startCall: () => void;
  /** Runs once, when it is closed. */
  readonly onClose: (plugin: Plugin) => void;
}

/** One plugin with one live instance at a time: made on the first call, replaced after it died. */
export function createPlugin(parts: PluginParts): Plugin {
  const { manifest, hooks } = parts;
  const exported = new Map<string, string>();
  let instance: ComponentInstance | undefined;
  let closed = false;

  /** The exported id that serves `id`, remembered because every call asks. */
  function resolve(id: string): string {
    const known = exported.get(id);
    if (known !== undefined) {
      return known;
    }
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

  function run(id: string, request: Uint8Array): Uint8Array {
    if (closed) {
      throw new PluginError('PLUGIN_CLOSED', `Cannot call plugin ${quote(manifest.name)}: it was closed`);
    }
    const hook = resolve(id);
    parts.startCall();
    const { ok, payload } = callInstance(hook, request);
    if (!ok) {
      throw guestError(manifest.name, hook, payload);
    }
    return payload;
  }

  function callInstance(hook: string, request: Uint8Array): CallResult {
    try {
      instance ??= parts.instantiate();
      return instance.call(hook, request);
    } catch (error) {
      // A dead instance is never used again: whatever state the guest left half done dies with it.
      if (instance?.failure !== undefined) {
        const dead = instance;
        instance = undefined;
        try {
          dead.close();
        } catch {
          // It died of something else, and that is what to tell.
        }
      }
      throw named(manifest.name, error);
    }
  }

  function readResponse<Res>(schema: Schema<Res, unknown>, bytes: Uint8Array): Res {
    try {
      return decode(schema, bytes, 'response');
    } catch (error) {
      throw named(manifest.name, error);
    }
  }

  function callTyped<Req, Res, ReqInput, ResInput>(hook: Hook<Req, Res, ReqInput, ResInput>, request: ReqInput): Res {
    return readResponse(hook.response, run(hook.id, encode(hook.request, request, 'request')));
  }

  async function close(): Promise<void> {
    if (!closed) {
      closed = true;
      const last = instance;
      instance = undefined;
      parts.onClose(plugin);
      last?.close();
    }
  }

  const plugin: Plugin = {
    manifest,
    digest: parts.digest,
    hooks,
    grants: parts.grants,
    supports: (hook) => {
      const id = typeof hook === 'string' ? hook : hook.id;
      return hooks.some((exportedId) => exportedId === id || sameMajor(exportedId, id));
    },
    call: async (hook, request) => callTyped(hook, request),
    callRaw: async (id, request) => run(id, request),
    callSync: callTyped,
    callRawSync: run,
    close,
    [Symbol.asyncDispose]: close,
  };
  return plugin;
}

/** A guest's error text becomes part of logs and of what a terminal shows; a page of it is enough. */
const MAX_SAID_CHARS = 8 * 1024;

const shown = (text: string): string =>
  escapeControls(text.length > MAX_SAID_CHARS ? `${text.slice(0, MAX_SAID_CHARS)}…` : text);

/** The error arm as an error; what the guest says of itself is quoted, and its code is kept apart from ours. */
function guestError(plugin: string, hook: string, payload: Uint8Array): PluginError {
  let said: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
  try {
    said = decode(errorMessage, payload);
  } catch (cause) {
    return new PluginError('ABI_MALFORMED', `Plugin ${quote(plugin)} failed in ${hook}, and its error cannot be read`, {
      cause,
    });
  }
  return new PluginError('GUEST_ERROR', `Plugin ${quote(plugin)}: ${shown(said.message)}`, {
    hint: said.hint === undefined ? undefined : shown(said.hint),
    details: { plugin, hook, guestCode: shown(said.code) },
  });
}

/** Below this layer nobody knows the plugin's name, and an error without it helps no operator. */
function named(plugin: string, error: unknown): unknown {
  if (!(error instanceof PluginError)) {
    return error;
  }
  return new PluginError(error.code, `Plugin ${quote(plugin)}: ${error.message}`, {
    cause: error,
    hint: error.hint,
    details: { ...error.details, plugin },
  });
}
