import { quote } from '../../errors/index.js';
import type { RunCommand } from '../context.js';
import { tellLifecycle } from './lifecycle.js';
import { forEachNamed } from './named.js';

/** `enable`: silent, as upstream; already so is worth a line, not a failure. */
export const run: RunCommand = (context, parsed) =>
  forEachNamed(context, parsed, async (store, name) => {
    if (await store.setEnabled(name, true)) await tellLifecycle(context, store, name, 'enabled');
    else context.log.info(`Plugin ${quote(name)} is already enabled`);
  });
