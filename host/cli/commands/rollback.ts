import { quote } from '../../errors/index.js';
import type { PluginRecord } from '../../store/index.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';
import { tellLifecycle } from './lifecycle.js';
import { notFound } from './not-found.js';

/** `rollback`: the version before the last install, with the grants that it had. */
export const run: RunCommand = async (context, { args }) => {
  const name = args[0]!;
  const store = context.stores.writable('rollback');
  let before: PluginRecord | undefined;
  try {
    before = store.get(name);
    const record = await store.rollback(name);
    context.log.info(`Plugin ${quote(name)} is at version ${record.version} again`);
    if (record.enabled) await tellLifecycle(context, store, name, 'upgraded', before?.version);
  } catch (error) {
    // "No version before" has the same code, and its own words.
    const reason = before === undefined ? notFound(error, context.stores, store, name) : undefined;
    throw failed(`Failed to roll back plugin ${quote(name)}`, reason ?? error);
  }
  return EXIT_OK;
};
