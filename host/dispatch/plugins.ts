import { type Hook, type hooks, type InferInput, sameMajor, type Value } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { parseGrant } from '../grant/index.js';
import {
  HOST_VERSION,
  type Host,
  type ImageAccess,
  type Isolation,
  imageAccess,
  type LoadOptions,
  type Plugin,
} from '../runtime/index.js';
import { inOrder, type PluginEntry, type PluginSource } from './source.js';

/** The `context` struct of every request. */
export type Context = InferInput<typeof hooks.lifecycle.request>['context'];

/** The plugins of one process: each loaded at most once, when a hook first needs it, so that its hooks share memory. */
export interface LoadedPlugins {
  /** Those that export `hook`, in order. Loads nothing. */
  exporting(hook: Hook): PluginEntry[];
  load(entry: PluginEntry): Promise<Plugin>;
  /** Through what an instance from `load` sees an image: closed, until somebody opens it for a call. */
  imageAccessOf(entry: PluginEntry): ImageAccess;
  /**
   * Load it once more, for work that is not like that of other hooks: nothing of what `load` gave is shared. The caller closes it.
   *
   * @param options - before those that every plugin gets.
   */
  loadApart(entry: PluginEntry, options: LoadOptions): Promise<Plugin>;
  /** Of a plugin that has been loaded. */
  context(entry: PluginEntry): Context;
  /** What every request of a run carries: the context, and the state that the plugin answered last. */
  request(entry: PluginEntry): { readonly context: Context; readonly state?: Value };
  /** Keep the state of an answer for the plugin's next hook; an answer without one leaves the last. */
  keepState(entry: PluginEntry, answer: { readonly state?: Value | undefined }): void;
  /** The last state of each plugin that has one, by name. */
  states(): ReadonlyMap<string, Value>;
  close(): Promise<void>;
}

/** @param earlier - states from an earlier process of the run, by plugin. */
export function createLoadedPlugins(
  source: PluginSource,
  host: Host,
  runId: string,
  image: string,
  earlier: ReadonlyMap<string, Value> = new Map(),
): LoadedPlugins {
  const entries = inOrder(source.plugins());
  const loading = new Map<string, Promise<Plugin>>();
  const states = new Map(earlier);
  const settings = new Map<string, Readonly<Record<string, Value>>>();
  const images = new Map<string, ImageAccess>();

  function context(entry: PluginEntry): Context {
    return {
      hostVersion: HOST_VERSION,
      pluginVersion: entry.version,
      runId,
      image,
      settings: settings.get(entry.name) ?? {},
    };
  }

  function imageAccessOf(entry: PluginEntry): ImageAccess {
    const access = images.get(entry.name) ?? imageAccess();
    images.set(entry.name, access);
    return access;
  }

  async function loadApart(entry: PluginEntry, options: LoadOptions): Promise<Plugin> {
    const plugin = await host.load(await entry.load(), {
      grants: entry.grants,
      kv: () => entry.kv(),
      code: entry.code?.(),
      isolation: isolationOf(entry.grants),
      ...options,
    });
    try {
      checkName(entry.name, plugin.manifest.name);
      settings.set(entry.name, entry.settings(plugin.manifest));
      return plugin;
    } catch (error) {
      await plugin.close();
      throw error;
    }
  }

  return {
    exporting: (hook) => entries.filter((entry) => entry.hooks.some((id) => sameMajor(id, hook.id))),
    load(entry) {
      const known = loading.get(entry.name) ?? loadApart(entry, { image: imageAccessOf(entry) });
      loading.set(entry.name, known);
      return known;
    },
    imageAccessOf,
    loadApart,
    context,
    request(entry) {
      const state = states.get(entry.name);
      return { context: context(entry), ...(state === undefined ? {} : { state }) };
    },
    keepState(entry, { state }) {
      if (state !== undefined) {
        states.set(entry.name, state);
      }
    },
    states: () => states,
    async close() {
      const settled = await Promise.allSettled(loading.values());
      await Promise.all(settled.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
    },
  };
}

/**
 * Where a plugin of a container runs: inline, unless it may wait for the network, which only a thread of its own can.
 *
 * @param grants - texts of what it was granted.
 */
export function isolationOf(grants: readonly string[]): Isolation {
  return grants.some((grant) => parseGrant(grant).kind === 'http') ? 'thread' : 'inline';
}

/** The store found the package by digest, so this only fails if record and package were never one. */
function checkName(recorded: string, named: string): void {
  if (recorded !== named) {
    throw new PluginError('PACKAGE_INVALID', `The package of ${quote(recorded)} names itself ${quote(named)}`);
  }
}
