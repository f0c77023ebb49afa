/** What a plugin's failures look like to its embedder: with its name, and with its own words escaped and bounded. */
import { decode, errorMessage } from '../abi/index.js';
import { escapeControls, PluginError, quote } from '../errors/index.js';

/** A guest's error text becomes part of logs and of what a terminal shows; a page of it is enough. */
const MAX_SAID_CHARS = 8 * 1024;

/** The error arm as an error; what the guest says of itself is quoted, and its code is kept apart from ours. */
export function guestError(plugin: string, hook: string, payload: Uint8Array): PluginError {
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

/**
 * Below this layer nobody knows the plugin's name, and an error without it helps no operator.
 *
 * @param hook - where the error does not name it.
 * @param signal - the caller's, whose reason is why a call was given up.
 */
export function named(
  plugin: string,
  error: unknown,
  { hook, signal }: { readonly hook?: string; readonly signal?: AbortSignal | undefined } = {},
): unknown {
  if (!(error instanceof PluginError)) {
    return error;
  }
  const where = hook === undefined ? '' : `Cannot call ${hook}: `;
  return new PluginError(error.code, `Plugin ${quote(plugin)}: ${where}${error.message}`, {
    cause: error.code === 'CALL_ABORTED' && signal?.aborted === true ? signal.reason : error,
    hint: error.hint,
    details: { ...error.details, plugin },
  });
}

const shown = (text: string): string =>
  escapeControls(text.length > MAX_SAID_CHARS ? `${text.slice(0, MAX_SAID_CHARS)}…` : text);
