/** Errors on their way to another thread: structured clone keeps neither their class nor what we added to them. */
import { escapeControls, PluginError, type PluginErrorCode } from '../../errors/index.js';

export interface ErrorMessage {
  /** Undefined unless it is a PluginError. */
  readonly code: PluginErrorCode | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: PluginError['details'];
  readonly cause: CauseMessage | undefined;
}

/** An error that is only there to be read. */
interface CauseMessage {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/** Names of a guest's functions are in a stack, and they can be of any length. */
const SHOWN_STACK = 16 * 1024;

export function errorMessage(error: unknown): ErrorMessage {
  const plugin = error instanceof PluginError ? error : undefined;
  return {
    code: plugin?.code,
    message: error instanceof Error ? error.message : String(error),
    hint: plugin?.hint,
    details: plugin?.details ?? {},
    cause: causeMessage(plugin === undefined ? error : plugin.cause),
  };
}

/** @param cause - in place of a copy, where the original is at hand. */
export function errorFrom({ code, message, hint, details, cause: copy }: ErrorMessage, cause?: unknown): Error {
  const because = cause ?? (copy && causeFrom(copy));
  return code === undefined
    ? new Error(message, { cause: because })
    : new PluginError(code, message, { hint, details, cause: because });
}

function causeMessage(cause: unknown): CauseMessage | undefined {
  if (cause === undefined) {
    return undefined;
  }
  if (!(cause instanceof Error)) {
    return { name: 'Error', message: String(cause), stack: undefined };
  }
  return { name: cause.name, message: cause.message, stack: cause.stack?.slice(0, SHOWN_STACK) };
}

function causeFrom({ name, message, stack }: CauseMessage): Error {
  const error = new Error(message);
  const hidden = { configurable: true, writable: true, enumerable: false };
  Object.defineProperty(error, 'name', { ...hidden, value: name });
  Object.defineProperty(error, 'stack', { ...hidden, value: stack ?? `${name}: ${message}` });
  return error;
}

/** What an error says, fit for a message of ours. */
export function messageOf(error: unknown): string {
  return escapeControls(error instanceof Error ? error.message : String(error));
}
