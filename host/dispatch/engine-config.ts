import { hooks, type InferInput, type Value } from '../abi/index.js';
import { parseRunnableConfig } from '../oci/index.js';
import { applyAdjustments } from './adjust.js';
import { checkConfigSize, checkGivenConfig } from './config-size.js';
import { diffConfig } from './diff.js';
import { tolerating, vetoed, type Warn } from './failure.js';
import type { JsonObject } from './json.js';
import { checkConfigGrants, createOwnership, type OwnedChange } from './ownership.js';
import { applyConfigPatch } from './patch.js';
import type { LoadedPlugins } from './plugins.js';

type Request = InferInput<typeof hooks.engineConfig.request>;

export interface EngineConfigCall {
  readonly config: JsonObject;
  readonly engine: Request['engine'];
  /** The values of the flags that a plugin contributed. */
  readonly flagsOf: (plugin: string) => Readonly<Record<string, Value>>;
}

export interface EngineConfigResult {
  readonly config: JsonObject;
  /** Who changed what, in order. */
  readonly changes: readonly OwnedChange[];
}

/**
 * Let every plugin edit the config, in order, each seeing the earlier edits.
 *
 * All or nothing: the first failure ends it and the caller's config is as it was; only an optional plugin's edits are dropped
 * alone.
 *
 * @throws PluginError `VETOED`, `CONFIG_CONFLICT`, `CONFIG_DENIED`, `CONFIG_INVALID`, `LIMIT_EXCEEDED` for a config above
 *   `CONFIG_LIMITS`, or what the plugin's call ended with.
 */
export async function runEngineConfig(
  plugins: LoadedPlugins,
  { config: start, engine, flagsOf }: EngineConfigCall,
  warn: Warn,
): Promise<EngineConfigResult> {
  const ownership = createOwnership();
  const entries = plugins.exporting(hooks.engineConfig);
  if (entries.length === 0) {
    return { config: start, changes: [] };
  }
  // So that no plugin is blamed for what was there before it.
  checkGivenConfig(start);
  parseRunnableConfig(start);
  let config = structuredClone(start);
  for (const entry of entries) {
    const edited = await tolerating(entry, warn, async () => {
      const plugin = await plugins.load(entry);
      const answer = await plugin.call(hooks.engineConfig, {
        ...plugins.request(entry),
        config,
        engine,
        flags: flagsOf(entry.name),
      });
      if (answer.veto !== undefined) {
        throw vetoed(entry, 'to let the container start', answer.veto);
      }
      const draft = structuredClone(config);
      if (answer.adjustments !== undefined) {
        applyAdjustments(draft, answer.adjustments, { mayReplace: (contest) => ownership.mayReplace(entry, contest) });
        checkConfigSize(draft);
      }
      applyConfigPatch(draft, answer.patch);
      parseRunnableConfig(draft);
      const changes = diffConfig(config, draft);
      checkConfigGrants(entry.name, plugin.grants, changes, plugin.manifest.requests);
      ownership.claim(entry, changes, draft);
      plugins.keepState(entry, answer);
      return draft;
    });
    config = edited ?? config;
  }
  return { config, changes: ownership.changes };
}
