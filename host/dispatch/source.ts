import type { Value } from '../abi/index.js';
import type { Manifest } from '../package/index.js';
import type { CodeStore, KeyValueStore } from '../runtime/index.js';

/** One installed and enabled plugin, as its store describes it. Nothing of it has been read or run. */
export interface PluginEntry {
  readonly name: string;
  readonly version: string;
  /** Smaller runs earlier; plugins of the same order run by name. */
  readonly order: number;
  /** Its failure is a warning where it would otherwise stop the container. */
  readonly optional: boolean;
  /** Names of the plugins whose changes it may replace. */
  readonly overrides: readonly string[];
  /** Grant texts that the operator gave. */
  readonly grants: readonly string[];
  /**
   * The operator's values with the defaults of the manifest's schema. Asked once, when the package has been loaded.
   *
   * @throws PluginError `SETTINGS_INVALID`: the plugin then counts as one that cannot be loaded.
   */
  settings(manifest: Manifest): Readonly<Record<string, Value>>;
  /** Interface ids that it exports. */
  readonly hooks: readonly string[];
  readonly contributes: Manifest['contributes'];
  /** `exclusive` may act on the container it watches; at most one plugin may be. */
  readonly monitor: 'observe' | 'exclusive';
  /** The package's bytes, checked against the store's digest. */
  load(): Promise<Uint8Array> | Uint8Array;
  kv(): KeyValueStore;
  /** Keeps code that was made of the package. Default: nobody does. */
  code?(): CodeStore;
}

/** Where plugins come from: a store, or an embedder's own list. */
export interface PluginSource {
  plugins(): readonly PluginEntry[];
}

/** Order first, then name by code unit: the same on every machine and locale. */
export function inOrder(plugins: readonly PluginEntry[]): PluginEntry[] {
  return [...plugins].sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
