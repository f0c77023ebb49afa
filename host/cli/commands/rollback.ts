import { quote } from '../../errors/index.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';
import { tellLifecycle } from './lifecycle.js';
import { notFound } from './not-found.js';

/** `rollback`: the version before the last install, with the grants that it had. */
export const run: RunCommand = async (context, { args }) => {
  const name = args[0]!;
  const store = context.stores.writable('rollback');
  try {
    const before = store.get(name)?.version;
    const record = await store.rollback(name);
    context.log.info(`Plugin ${quote(name)} is at version ${record.version} again`);
    if (record.enabled) await tellLifecycle(context, store, name, 'upgraded', before);
  } catch (error) {
    throw failed(`Failed to roll back plugin ${quote(name)}`, notFound(error, context.stores, store, name) ?? error);
  }
  return EXIT_OK;
};
