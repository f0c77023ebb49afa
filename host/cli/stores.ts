/**
 * Which stores a command line means, and the plugins in them. Reading opens no store for writing, and creates none.
 */
import { quote } from '../errors/index.js';
import type { InstalledPlugin, MergedStores, PluginSummary, Store, StoreChoice, StoreProblem } from '../store/index.js';
import { mergeStores, openStore, resolveStore } from '../store/index.js';
import type { Globals } from './argv/global-options.js';
import { UsageError } from './failure.js';
import type { CliIo } from './io.js';

export interface StoresContent {
  /** What takes part and can be named, sorted by name. */
  readonly plugins: readonly InstalledPlugin[];
  /** Hidden behind a plugin of the same name in a store that comes first. */
  readonly shadowed: readonly InstalledPlugin[];
  /** Records that cannot be used. */
  readonly problems: readonly StoreProblem[];
}

export interface StoresSummaries {
  /** Sorted by name. */
  readonly plugins: readonly PluginSummary[];
  readonly problems: readonly StoreProblem[];
}

export interface Stores {
  /** Everything in the visible stores, read once and remembered: for commands that look, not for those that change. */
  read(): StoresContent;
  /** The same in short: much faster when there are many. */
  summaries(): StoresSummaries;
  /** The plugin that a name means. */
  find(name: string): InstalledPlugin | undefined;
  /** The visible stores, first the one that wins a name. */
  visible(): readonly Store[];
  /**
   * The store that a command changes.
   *
   * @param command - name of the command, for the message of a refusal.
   * @throws PluginError `STORE_REFUSED` for `--system` without root privileges.
   */
  writable(command: string): Store;
  /** Folder of a plugin's key-value store; for a plugin in a store that this user may not write, one in the user's own. */
  kvDir(plugin: InstalledPlugin): string;
}

type StoreIo = Pick<CliIo, 'env' | 'user' | 'cwd'>;

/** Nothing is looked at before it is asked for; the methods throw UsageError and PluginError `STORE_REFUSED`. */
export function createStores(globals: Globals, io: StoreIo): Stores {
  let merged: MergedStores | undefined;
  let content: StoresContent | undefined;
  let summaries: StoresSummaries | undefined;
  const stores = (): MergedStores => {
    merged ??= mergeStores(
      chooseStore(globals, io).visible.map(({ kind, root }) => openStore({ kind, root, uid: io.user.uid })),
    );
    return merged;
  };
  /** The last one is the one that this user may change. */
  const own = (): Store => stores().stores.at(-1)!;
  return {
    read: () => {
      content ??= stores().read();
      return content;
    },
    summaries() {
      summaries ??= readSummaries(stores());
      return summaries;
    },
    find: (name) => stores().get(name),
    visible: () => stores().stores,
    writable(command) {
      chooseStore(globals, io, command);
      return own();
    },
    kvDir: ({ record, store }) => (store === own() ? store.kvDir(record.name) : own().foreignKvDir(record.name)),
  };
}

/**
 * Summaries from an index are all there is: a store keeps no index while a record cannot be read. Without one they are whole
 * records, and the store is read again for what is wrong with it.
 */
function readSummaries(stores: MergedStores): StoresSummaries {
  const plugins = stores.summaries();
  const indexed = plugins.length > 0 && plugins.every((plugin) => !Object.hasOwn(plugin, 'digest'));
  return { plugins, problems: indexed ? [] : stores.read().problems };
}

function chooseStore(globals: Globals, { env, user, cwd }: StoreIo, changing?: string): StoreChoice {
  const given = [
    ...(globals.store === undefined ? [] : ['--store']),
    ...(globals.system ? ['--system'] : []),
    ...(globals.user ? ['--user'] : []),
  ];
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} name different stores`, 'Give one of them');
  if (globals.store === '') throw new UsageError(`${quote('')} is not a folder for a store`);
  return resolveStore({
    store: globals.store,
    system: globals.system,
    cwd,
    env: globals.user ? { ...env, WASM_PLUGIN_STORE: undefined } : env,
    // One's own store is at the same place for root as for everybody else.
    uid: globals.user && user.uid === 0 ? -1 : user.uid,
    home: user.home,
    changing,
  });
}
