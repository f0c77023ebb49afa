import type { Value } from '../abi/index.js';
import type { Host } from '../runtime/index.js';
import {
  type CommandCall,
  type CommandEdits,
  type ContributedResult,
  runAfter,
  runBefore,
  runContributed,
} from './command.js';
import { type EngineConfigCall, type EngineConfigResult, runEngineConfig } from './engine-config.js';
import type { Warn } from './failure.js';
import { type UnpackedImage, type UnpackOptions, unpackImage } from './image-driver.js';
import { type LifecycleEvent, runLifecycle } from './lifecycle.js';
import { type MonitorSession, startMonitoring } from './monitor.js';
import { createLoadedPlugins } from './plugins.js';
import { type PostStartCall, runPostStart } from './post-start.js';
import type { PluginEntry, PluginSource } from './source.js';
import { type IdMapping, mapUser, type UserMappingCall } from './user-mapping.js';

export interface DispatcherOptions {
  readonly source: PluginSource;
  /** Loads the plugins. The dispatcher closes those it loaded, not the host. */
  readonly host: Host;
  /** The same for all hooks of one run. Default: empty, outside a run. */
  readonly runId?: string | undefined;
  /** The image as the user typed it. Default: empty, where there is none. */
  readonly image?: string | undefined;
  /** What plugins answered as `state` in an earlier process of the run, by name. Default: nothing. */
  readonly states?: ReadonlyMap<string, Value> | undefined;
  /** What an operator should know although things go on. */
  readonly warn: Warn;
}

/**
 * One hook over many plugins, for one process or one run.
 *
 * Plugins run in order (smaller `order` first, then by name) and each is loaded once, when a hook first needs it. What each
 * method throws and tolerates is the column "a failing plugin" of docs/hooks.md.
 */
export interface Dispatcher {
  before(call: CommandCall): Promise<CommandEdits>;
  contributed(entry: PluginEntry, call: CommandCall): Promise<ContributedResult>;
  after(call: CommandCall, exitCode: number): Promise<void>;
  engineConfig(call: EngineConfigCall): Promise<EngineConfigResult>;
  postStart(call: PostStartCall): Promise<void>;
  monitor(): MonitorSession;
  /** Let the best image driver make a root file system in an empty folder; undefined where none claims the image. */
  unpackImage(path: string, rootfsDir: string, options?: UnpackOptions): Promise<UnpackedImage | undefined>;
  /** What the plugin that maps ids says of one file; undefined where there is none. */
  userMapping(call: UserMappingCall): Promise<IdMapping[] | undefined>;
  lifecycle(entry: PluginEntry, event: LifecycleEvent, previousVersion?: string): Promise<void>;
  /** What plugins answered as `state` so far, by name, for a later process of the run. */
  states(): ReadonlyMap<string, Value>;
  close(): Promise<void>;
}

/** Reads the source's list once; loads nothing yet. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { source, host, runId = '', image = '', states, warn } = options;
  const plugins = createLoadedPlugins(source, host, runId, image, states);
  return {
    before: (call) => runBefore(plugins, call, warn),
    contributed: (entry, call) => runContributed(plugins, entry, call),
    after: (call, exitCode) => runAfter(plugins, call, exitCode, warn),
    engineConfig: (call) => runEngineConfig(plugins, call, warn),
    postStart: (call) => runPostStart(plugins, call, warn),
    monitor: () => startMonitoring(plugins, warn),
    unpackImage: (path, rootfsDir, unpackOptions = {}) => unpackImage(plugins, path, rootfsDir, unpackOptions, warn),
    userMapping: (call) => mapUser(plugins, call),
    lifecycle: (entry, event, previousVersion) => runLifecycle(plugins, entry, event, previousVersion),
    states: () => plugins.states(),
    close: () => plugins.close(),
  };
}
