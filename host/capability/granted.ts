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

/**
 * What takes effect: requested by the manifest and granted by the operator.
 *
 * Where one is wider than the other the narrower counts: a plugin that asked for `env:SLURM_JOB_ID` gets no more from a grant
 * of `env:SLURM_*`, and one that asked for `fs:/etc:ro` gets only `/etc/slurm` when only that was granted.
 */
export function effectiveGrants(requested: readonly Grant[], granted: readonly Grant[]): Grant[] {
  return requested.flatMap((wanted) =>
    granted.flatMap((grant) => {
      if (covers(grant, wanted)) {
        return [wanted];
      }
      return covers(wanted, grant) ? [grant] : [];
    }),
  );
}
