import { quote } from '../../errors/index.js';
import type { RunCommand } from '../context.js';
import { tellLifecycle } from './lifecycle.js';
import { forEachNamed } from './named.js';

/**
 * `disable`: the plugin is off before it is told, so a plugin that hangs when told is off all the same.
 */
export const run: RunCommand = (context, parsed) =>
  forEachNamed(context, parsed, async (store, name) => {
    if (await store.setEnabled(name, false)) await tellLifecycle(context, store, name, 'disabled');
    else context.log.info(`Plugin ${quote(name)} is already disabled`);
  });
