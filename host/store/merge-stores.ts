/** Several stores seen as one: the system's plugins beside a user's own. */
import { PluginError, quote } from '../errors/index.js';
import type { PluginSummary } from './index-format.js';
import type { Store } from './open-store.js';
import type { StoreProblem } from './read-store.js';
import { byName } from './read-store.js';
import type { PluginRecord } from './record.js';

/** A plugin with the store it comes from. */
export interface InstalledPlugin {
  readonly record: PluginRecord;
  readonly store: Store;
}

export interface MergedContent {
  /** One plugin per name, sorted by name. */
  readonly plugins: readonly InstalledPlugin[];
  /** Those whose name an earlier store has too: they are not used. */
  readonly shadowed: readonly InstalledPlugin[];
  readonly problems: readonly StoreProblem[];
}

export interface MergedStores {
  readonly stores: readonly Store[];
  /** The records of `read().plugins`. */
  list(): readonly PluginRecord[];
  read(): MergedContent;
  /** `list`, in short and much faster when there are many. */
  summaries(): readonly PluginSummary[];
  /** The plugin that wins the name. A store whose record of it cannot be read is not passed over: that throws. */
  get(name: string): InstalledPlugin | undefined;
  /** @throws PluginError `PLUGIN_NOT_FOUND` if it went meanwhile, and as `Store.readPackage`. */
  readPackage(record: PluginRecord): Uint8Array;
  /**
   * Where this user's copy of the plugin's key-value store is: beside the plugin if that store is the user's to change (the
   * last one), else in that last store.
   */
  kvDir(name: string): string;
}

/**
 * @param stores - the one that wins a name first; the last one is the one that this user may change.
 * @throws RangeError if there is none.
 */
export function mergeStores(stores: readonly Store[]): MergedStores {
  const own = stores.at(-1);
  if (own === undefined) {
    throw new RangeError('mergeStores needs at least one store');
  }

  function read(): MergedContent {
    const winners = new Map<string, InstalledPlugin>();
    const shadowed: InstalledPlugin[] = [];
    const problems: StoreProblem[] = [];
    for (const store of stores) {
      const content = store.read();
      problems.push(...content.problems);
      for (const record of content.plugins) {
        if (winners.has(record.name)) {
          shadowed.push({ record, store });
        } else {
          winners.set(record.name, { record, store });
        }
      }
    }
    const plugins = [...winners.values()].sort((a, b) => byName(a.record, b.record));
    return { plugins, shadowed, problems };
  }

  function get(name: string): InstalledPlugin | undefined {
    for (const store of stores) {
      const record = store.get(name);
      if (record !== undefined) {
        return { record, store };
      }
    }
    return undefined;
  }

  return {
    stores,
    read,
    get,
    summaries() {
      const winners = new Map<string, PluginSummary>();
      for (const summary of stores.flatMap((store) => store.summaries())) {
        if (!winners.has(summary.name)) {
          winners.set(summary.name, summary);
        }
      }
      return [...winners.values()].sort(byName);
    },
    list: () => read().plugins.map(({ record }) => record),
    readPackage(record) {
      const found = get(record.name);
      if (found === undefined) {
        throw new PluginError('PLUGIN_NOT_FOUND', `Cannot load ${quote(record.name)}: plugin not found`);
      }
      return found.store.readPackage(record);
    },
    kvDir(name) {
      const store = get(name)?.store ?? own;
      return store === own ? own.kvDir(name) : own.foreignKvDir(name);
    },
  };
}
