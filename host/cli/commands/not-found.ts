import { PluginError } from '../../errors/index.js';
import type { Store } from '../../store/index.js';
import { isPluginError } from '../failure.js';
import type { Stores } from '../stores.js';
import { noSuchPlugin } from './plugin-file.js';

/**
 * The reason for "not found" in the words of upstream: `plugin not found`.
 *
 * @param error - what the store threw.
 * @param store - the one that was to be changed.
 * @returns undefined if `error` is about something else.
 */
export function notFound(error: unknown, stores: Stores, store: Store, name: string): PluginError | undefined {
  if (!isPluginError(error, 'PLUGIN_NOT_FOUND')) return undefined;
  const elsewhere = stores.find(name);
  if (elsewhere !== undefined && elsewhere.store.root !== store.root) {
    return new PluginError('PLUGIN_NOT_FOUND', `it is in the ${elsewhere.store.kind} store`, {
      cause: error,
      hint:
        elsewhere.store.kind === 'system' ? 'Ask an administrator: the system store needs root privileges' : undefined,
    });
  }
  return noSuchPlugin(stores, name, error);
}
