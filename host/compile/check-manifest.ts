/**
 * What plugin.json says against what was built: a plugin with such a mismatch loads, and then fails when it is used, far from its author.
 *
 * Only warnings. A capability may be one that the plugin can do without, and its grant one that the author did not want to ask for.
 */
import { capabilities, hooks, sameMajor } from '../abi/index.js';
import type { Manifest } from '../package/index.js';

/** Capabilities that only a grant opens, the key of which is also how the grant begins. */
const GRANTED = ['kv', 'env', 'fs', 'http'] as const;
/** What comes after the kind in a request, as an example. */
const EXAMPLES = { kv: 'kv', env: 'env:NAME', fs: 'fs:/folder:ro', http: 'http:HOST:PORT' } as const;

/** What a component imports and exports, as `describeComponent` has it. */
export interface Interfaces {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** @returns sentences for the author, none where all fits. */
export function checkManifest(manifest: Manifest, { imports, exports }: Interfaces): string[] {
  const { contributes, requests, monitor } = manifest;
  const serves = (hook: { readonly id: string }): boolean => exports.some((id) => sameMajor(id, hook.id));
  const warnings: string[] = [];
  const unserved = (what: string): void => void warnings.push(`plugin.json has ${what}`);
  if (!serves(hooks.command)) {
    if (contributes.commands.length > 0)
      unserved('commands, which fail when they are typed: no hook "command" is exported');
    if (contributes.phases.length > 0) unserved('phases, at which nothing is called: no hook "command" is exported');
    if (contributes.flags.length > 0 && !serves(hooks.engineConfig)) {
      unserved('flags, which nobody reads: no hook "command" or "engineConfig" is exported');
    }
  }
  if (monitor !== undefined && !serves(hooks.monitorContainer)) {
    unserved('"monitor", but no hook "monitorContainer" is exported');
  }
  for (const name of GRANTED) {
    const used = imports.some((id) => sameMajor(id, capabilities[name].id));
    if (used && !requests.some((request) => request.split(':', 1)[0] === name)) {
      warnings.push(
        `The plugin uses ${name}, which will be denied: plugin.json does not request it, as in "${EXAMPLES[name]}"`,
      );
    }
  }
  return warnings;
}
