import { PluginError } from '../errors/index.js';
import { covers, type Grant, parseGrant } from '../grant/index.js';

/**
 * Whether one of `grants` covers what a guest asks for.
 *
 * `wanted` holds guest text; what is not a well-formed grant (a variable name with `*`, a path with `..`) is covered by none.
 */
export function isGranted(grants: readonly Grant[], wanted: string): boolean {
  try {
    const asked = parseGrant(wanted);
    return grants.some((grant) => covers(grant, asked));
  } catch (error) {
    if (error instanceof PluginError) {
      return false;
    }
    throw error;
  }
}
