/**
 * Plugins about to run: store records as dispatch entries, a host whose logs go to the terminal, and a dispatcher over both.
 * Heavy: only commands that run plugins import it, and only when they do.
 */
import type { Value } from '../abi/index.js';
import type { Dispatcher, PluginEntry } from '../dispatch/index.js';
import { createDispatcher } from '../dispatch/index.js';
import type { Host, LogLine } from '../runtime/index.js';
import { createHost } from '../runtime/index.js';
import type { InstalledPlugin } from '../store/index.js';
import { openKv } from '../store/index.js';
import type { CommandContext } from './context.js';
import { pluginDeadline } from './plugin-deadline.js';
import { completeSettings, settingsSoFar } from './plugin-settings.js';
import type { Stores } from './stores.js';
import type { Log } from './terminal/log.js';

/** What one plugin may keep. */
export const KV_QUOTA_BYTES = 1 << 20;

export interface SessionOptions {
  readonly plugins: readonly InstalledPlugin[];
  readonly runId?: string | undefined;
  /** Settings need not fit: a plugin is told that it was installed before anybody could configure it. Default false. */
  readonly lenient?: boolean | undefined;
  /** The image as it was typed. */
  readonly image?: string | undefined;
  /** States of plugins from an earlier process of the run. */
  readonly states?: ReadonlyMap<string, Value> | undefined;
}

export interface Session {
  readonly host: Host;
  readonly entries: readonly PluginEntry[];
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
}

export async function createSession(context: CommandContext, options: SessionOptions): Promise<Session> {
  const { io, log, stores } = context;
  const host = await createHost({
    log: (line) => printPluginLine(log, line),
    env: (name) => io.env[name],
    limits: { deadlineMs: pluginDeadline(context) },
  });
  const entries = options.plugins.map((plugin) => entryOf(plugin, stores, options.lenient === true));
  const dispatcher = createDispatcher({
    source: { plugins: () => entries },
    host,
    runId: options.runId,
    image: options.image,
    states: options.states,
    warn: log.warning,
  });
  return {
    host,
    entries,
    dispatcher,
    async close() {
      await dispatcher.close();
      await host.close();
    },
  };
}

/** The enabled plugins: those that take part in this command line. */
export function participants({ stores }: Pick<CommandContext, 'stores'>): readonly InstalledPlugin[] {
  return stores.read().plugins.filter(({ record }) => record.enabled);
}

function entryOf(plugin: InstalledPlugin, stores: Stores, lenient: boolean): PluginEntry {
  const { record, store } = plugin;
  return {
    name: record.name,
    version: record.version,
    order: record.order,
    optional: record.optional,
    overrides: record.overrides,
    grants: record.grants,
    settings(manifest) {
      const settings = lenient ? settingsSoFar(record, manifest) : completeSettings(record, manifest);
      return settings as Readonly<Record<string, Value>>;
    },
    hooks: record.hooks,
    contributes: record.contributes,
    monitor: record.monitor ?? 'observe',
    load: () => store.readPackage(record),
    kv: () => openKv(stores.kvDir(plugin), { quotaBytes: KV_QUOTA_BYTES }),
    code: () => store.codeStore(record),
  };
}

/** A plugin's line carries its name, so that nobody mistakes it for ours. */
export function printPluginLine(log: Log, { plugin, level, text }: LogLine): void {
  const print = level === 'warn' ? log.warning : log[level];
  print(`[${plugin}] ${text}`);
}
