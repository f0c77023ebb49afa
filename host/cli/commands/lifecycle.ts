import type { LifecycleEvent } from '../../dispatch/index.js';
import { quote } from '../../errors/index.js';
import type { PluginRecord, Store } from '../../store/index.js';
import type { CommandContext } from '../context.js';
import { hintOf, reasonOf } from '../failure.js';
import { shortHook } from './hook-names.js';

/**
 * Tell a plugin what happened to it; its failure is only a warning.
 *
 * A plugin without the hook is not loaded, nor is anything that could load it.
 */
export async function tellLifecycle(
  context: CommandContext,
  store: Store,
  name: string,
  event: LifecycleEvent,
  previousVersion?: string,
): Promise<void> {
  try {
    const record = store.get(name);
    if (record !== undefined) await callLifecycle(context, store, record, event, previousVersion);
  } catch (error) {
    const hint = hintOf(error);
    const next = hint === undefined ? '' : `. ${hint}`;
    context.log.warning(`Plugin ${quote(name)} failed at its event ${quote(event)}: ${reasonOf(error)}${next}`);
  }
}

/** The same for install and upgrade, which a failure undoes. @throws what the call ended with. */
export async function callLifecycle(
  context: CommandContext,
  store: Store,
  record: PluginRecord,
  event: LifecycleEvent,
  previousVersion?: string,
): Promise<void> {
  if (!record.hooks.some((id) => shortHook(id) === 'lifecycle')) return;
  const { createSession } = await import('../session.js');
  const session = await createSession(context, { plugins: [{ record, store }], lenient: true });
  try {
    for (const entry of session.entries) await session.dispatcher.lifecycle(entry, event, previousVersion);
  } finally {
    await session.close();
  }
}
