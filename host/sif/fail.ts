import { PluginError } from '../errors/index.js';

/**
 * The one way to say that a SIF is wrong.
 *
 * @param what - what was being read: `header`, `descriptor 3`.
 * @param offset - byte of the file where the wrong field starts.
 * @param reason - what is there and what was needed, without a full stop.
 */
export function malformed(what: string, offset: number, reason: string, hint?: string): PluginError {
  return new PluginError('SIF_MALFORMED', `Cannot read SIF ${what} at byte ${offset}: ${reason}`, {
    hint,
    details: { what, offset, reason },
  });
}

/** The same for a file that ends before what it says that it holds. */
export function truncated(what: string, offset: number, reason: string): PluginError {
  return malformed(what, offset, reason, 'Fetch the package again; the file looks truncated.');
}

export function aboveLimit(what: string, actual: number, limit: number): PluginError {
  return new PluginError('LIMIT_EXCEEDED', `Cannot read SIF: ${what} is ${actual}, the limit is ${limit}`, {
    details: { what, actual, limit },
  });
}
