import { hooks, type InferInput } from '../abi/index.js';
import { blame } from './failure.js';
import type { LoadedPlugins } from './plugins.js';
import type { PluginEntry } from './source.js';

export type LifecycleEvent = InferInput<typeof hooks.lifecycle.request>['event'];

/**
 * Tell one plugin what the operator did with it. A plugin without the hook is not loaded.
 *
 * @throws PluginError with what the call ended with: install and upgrade are then rolled back, the others only warn.
 */
export async function runLifecycle(
  plugins: LoadedPlugins,
  entry: PluginEntry,
  event: LifecycleEvent,
  previousVersion?: string,
): Promise<void> {
  if (!plugins.exporting(hooks.lifecycle).includes(entry)) {
    return;
  }
  try {
    const plugin = await plugins.load(entry);
    await plugin.call(hooks.lifecycle, {
      context: plugins.context(entry),
      event,
      version: entry.version,
      ...(previousVersion === undefined ? {} : { previousVersion }),
    });
  } catch (error) {
    throw blame(entry, error);
  }
}
