import type { OwnedChange } from '../../dispatch/index.js';
import { PluginError, quote } from '../../errors/index.js';

/**
 * Add to an engine's failure which plugin asked for what it is about: nobody finds a mount in a config that they never see.
 *
 * @param changes - of this run's config, in the order they were made.
 * @returns the same error where no plugin is behind it; else one with the same code, for the operator.
 */
export function withOwner(error: unknown, changes: readonly OwnedChange[]): unknown {
  if (!(error instanceof PluginError) || error.details.mount === undefined) return error;
  const thing = `mounts[${error.details.mount}]`;
  const owner = changes.findLast((change) => change.thing === thing)?.plugin;
  if (owner === undefined) return error;
  return new PluginError(error.code, `${error.message}; plugin ${quote(owner)} asked for this mount`, {
    cause: error,
    hint: error.hint ?? `See what it is set to do with: wasm-plugin config ${owner}, or disable it`,
    details: { ...error.details, plugin: owner },
  });
}
