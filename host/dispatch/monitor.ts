import { constants } from 'node:os';
import { hooks, type InferInput } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import type { Plugin } from '../runtime/index.js';
import { checkExitCode } from './exit-code.js';
import { blame, type Warn } from './failure.js';
import type { LoadedPlugins } from './plugins.js';
import type { PluginEntry } from './source.js';

type Request = InferInput<typeof hooks.monitorContainer.request>;

/** One thing that happened to the container. */
export type MonitorEvent = Omit<Request, 'context' | 'state'>;

/** What the exclusive monitor wants done, and when somebody wants to look again. */
export interface MonitorActions {
  readonly signal: NodeJS.Signals | undefined;
  readonly exitCode: number | undefined;
  /** Until the next tick: the shortest that any monitor asked for, `undefined` if none wants one. */
  readonly nextTickMs: number | undefined;
}

export interface MonitorSession {
  /** Whether any plugin watches; if not, no event needs to be made. */
  readonly active: boolean;
  /** Tell every monitor, in order. Never throws for a plugin's failure: that one is warned about and told no more. */
  tell(event: MonitorEvent): Promise<MonitorActions>;
}

/** A monitor that asks for more would make the host busy for nothing. */
const MIN_TICK_MS = 100;
/** 25 days. A timer of Node that should wait longer fires at once. */
const MAX_TICK_MS = 2 ** 31 - 1;

/**
 * Begin to watch one container.
 *
 * @throws PluginError `CONFIG_CONFLICT` when two enabled plugins both want to be the exclusive monitor.
 */
export function startMonitoring(plugins: LoadedPlugins, warn: Warn): MonitorSession {
  const watching = plugins.exporting(hooks.monitorContainer);
  const [first, second] = watching.filter((entry) => entry.monitor === 'exclusive');
  if (first !== undefined && second !== undefined) {
    throw new PluginError(
      'CONFIG_CONFLICT',
      `Plugins ${quote(first.name)} and ${quote(second.name)} both want to be the exclusive monitor of the container`,
      { hint: 'Disable one of them.', details: { owner: first.name, plugin: second.name } },
    );
  }
  const alive = new Set(watching);
  const ticks = new Map<string, number>();

  async function tellOne(
    entry: PluginEntry,
    event: MonitorEvent,
  ): Promise<Omit<MonitorActions, 'nextTickMs'> | undefined> {
    const plugin = await plugins.load(entry);
    const answer = await plugin.call(hooks.monitorContainer, {
      ...event,
      ...plugins.request(entry),
    });
    plugins.keepState(entry, answer);
    if (answer.nextTickMs !== undefined) {
      ticks.set(entry.name, answer.nextTickMs);
    }
    if (entry !== first) {
      return undefined;
    }
    return {
      signal: answer.signal === undefined ? undefined : allowedSignal(entry, plugin, answer.signal),
      exitCode: answer.exitCode === undefined ? undefined : checkExitCode(answer.exitCode),
    };
  }

  function allowedSignal(entry: PluginEntry, plugin: Plugin, signal: string): NodeJS.Signals | undefined {
    if (!plugin.grants.some((grant) => grant.kind === 'process')) {
      warn(
        `Plugin ${quote(entry.name)} may not send ${quote(signal)}: process:signal was not granted when it was installed`,
      );
      return undefined;
    }
    if (!Object.hasOwn(constants.signals, signal)) {
      warn(`Plugin ${quote(entry.name)} wants to send ${quote(signal)}, which is no signal`);
      return undefined;
    }
    return signal as NodeJS.Signals;
  }

  return {
    active: watching.length > 0,
    async tell(event) {
      let signal: NodeJS.Signals | undefined;
      let exitCode: number | undefined;
      for (const entry of [...alive]) {
        try {
          const wanted = await tellOne(entry, event);
          signal = wanted?.signal ?? signal;
          exitCode = wanted?.exitCode ?? exitCode;
        } catch (error) {
          const blamed = blame(entry, error);
          if (!(blamed instanceof PluginError)) {
            throw blamed;
          }
          alive.delete(entry);
          ticks.delete(entry.name);
          warn(`${blamed.message} (the container goes on without this monitor)`);
        }
      }
      const wanted = [...ticks.values()].filter((ms) => ms > 0);
      return {
        signal,
        exitCode,
        nextTickMs: wanted.length === 0 ? undefined : Math.max(MIN_TICK_MS, Math.min(MAX_TICK_MS, ...wanted)),
      };
    },
  };
}
