import { hooks } from '../abi/index.js';
import { checkGivenConfig } from './config-size.js';
import { tolerating, vetoed, type Warn } from './failure.js';
import type { JsonObject } from './json.js';
import type { LoadedPlugins } from './plugins.js';

export interface PostStartCall {
  readonly id: string;
  readonly pid: number;
  readonly bundle: string;
  readonly config: JsonObject;
}

/**
 * Tell every plugin that the container's process runs, in order; the first veto stops the chain.
 *
 * @throws PluginError `VETOED`, `LIMIT_EXCEEDED` for a config above `CONFIG_LIMITS`, or what a call ended with; the caller must then stop the container.
 */
export async function runPostStart(plugins: LoadedPlugins, call: PostStartCall, warn: Warn): Promise<void> {
  const entries = plugins.exporting(hooks.postStartProcess);
  if (entries.length > 0) {
    // Under another engine it comes from a file, which others may have changed since plugins saw it.
    checkGivenConfig(call.config);
  }
  for (const entry of entries) {
    await tolerating(entry, warn, async () => {
      const plugin = await plugins.load(entry);
      const answer = await plugin.call(hooks.postStartProcess, {
        ...call,
        ...plugins.request(entry),
      });
      if (answer.veto !== undefined) {
        throw vetoed(entry, 'to let the container go on', answer.veto);
      }
      plugins.keepState(entry, answer);
    });
  }
}
