/** Codes are API: add freely, never rename or reuse. Each has a section in docs/errors.md. */
export type PluginErrorCode =
  | 'ABI_MALFORMED'
  | 'CALL_ABORTED'
  | 'COMPILE_FAILED'
  | 'COMPONENT_MALFORMED'
  | 'COMPONENT_UNSUPPORTED'
  | 'CONFIG_CONFLICT'
  | 'CONFIG_DENIED'
  | 'CONFIG_INVALID'
  | 'DEADLINE_EXCEEDED'
  | 'ENGINE_FAILED'
  | 'ENGINE_UNAVAILABLE'
  | 'FUEL_EXHAUSTED'
  | 'GRANT_INVALID'
  | 'GUEST_ERROR'
  | 'GUEST_EXIT'
  | 'GUEST_TRAP'
  | 'HOOK_MISSING'
  | 'HOST_BUG'
  | 'IMAGE_UNSUPPORTED'
  | 'IO_FAILED'
  | 'LIMIT_EXCEEDED'
  | 'MANIFEST_INVALID'
  | 'NAME_INVALID'
  | 'PACKAGE_INVALID'
  | 'PLUGIN_BUSY'
  | 'PLUGIN_CLOSED'
  | 'PLUGIN_NOT_FOUND'
  | 'PLUGIN_QUARANTINED'
  | 'SETTINGS_INVALID'
  | 'SIF_MALFORMED'
  | 'STORE_CORRUPT'
  | 'STORE_LOCKED'
  | 'STORE_REFUSED'
  | 'THREAD_FAILED'
  | 'TOOLCHAIN_MISSING'
  | 'VETOED';

export interface PluginErrorOptions extends ErrorOptions {
  /** What the reader can do next, in one imperative sentence. The CLI prints it on its own line. */
  readonly hint?: string | undefined;
  /** Plain facts behind the message; they survive structured clone and JSON logs. */
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/**
 * Everything that goes wrong because of a plugin, a file or the machine, and that a caller may want to handle.
 *
 * Misuse by the embedder is a TypeError or RangeError instead. Match `code`, not the class or the text: a worker
 * boundary loses the class, and texts get better over time.
 */
export class PluginError extends Error {
  static {
    // On the prototype: inherited by subclasses, absent from inspected output.
    Object.defineProperty(PluginError.prototype, 'name', { value: 'PluginError', configurable: true, writable: true });
  }
  readonly code: PluginErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: PluginErrorCode, message: string, options: PluginErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}
