import { PluginError, quote } from '../errors/index.js';
import type { PluginEntry } from './source.js';

/** Receives what an operator should know although the run goes on. */
export type Warn = (message: string) => void;

/** Put the plugin's name into an error that has none yet, so that an operator knows whom to disable. */
export function blame(entry: PluginEntry, error: unknown): unknown {
  if (!(error instanceof PluginError) || error.message.includes(quote(entry.name))) {
    return error;
  }
  return new PluginError(error.code, `Plugin ${quote(entry.name)}: ${error.message}`, {
    cause: error,
    hint: error.hint,
    details: { ...error.details, plugin: entry.name },
  });
}

/**
 * Run one plugin's part of a hook; the failure of an optional plugin becomes a warning.
 *
 * @returns undefined where the plugin failed and is optional. A veto is no failure and always passes.
 */
export async function tolerating<T>(entry: PluginEntry, warn: Warn, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const blamed = blame(entry, error);
    if (!(blamed instanceof PluginError) || blamed.code === 'VETOED' || !entry.optional) {
      throw blamed;
    }
    warn(`${blamed.message} (the plugin is optional, going on without it)`);
    return undefined;
  }
}

/** A plugin said no. The reason is its own text, quoted. */
export function vetoed(entry: PluginEntry, what: string, reason: string): PluginError {
  return new PluginError('VETOED', `Plugin ${quote(entry.name)} refused ${what}: ${quote(reason)}`, {
    details: { plugin: entry.name },
  });
}
