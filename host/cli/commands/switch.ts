import { quote } from '../../errors/index.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';
import type { ParsedBuiltin } from '../program/parsed.js';
import { tellLifecycle } from './lifecycle.js';
import { forEachNamed } from './named.js';

/**
 * `enable` and `disable`: silent, as upstream; already so is worth a line, not a failure.
 *
 * A plugin is told after the switch, so one that hangs when told that it is off is off all the same. `--all` is one change of
 * the store: all or none.
 */
export function switchCommand(on: boolean): RunCommand {
  const event = on ? 'enabled' : 'disabled';
  return async (context, parsed) => {
    if (parsed.options.has('all') && parsed.args.length === 0) return switchAll(context, parsed, on);
    return forEachNamed(context, parsed, async (store, name) => {
      if (await store.setEnabled(name, on)) await tellLifecycle(context, store, name, event);
      else context.log.info(`Plugin ${quote(name)} is already ${event}`);
    });
  };
}

async function switchAll(context: CommandContext, { spec }: ParsedBuiltin, on: boolean): Promise<number> {
  const store = context.stores.writable(spec.name);
  try {
    const { changed, damaged } = await store.setEnabledAll(on);
    for (const name of changed) await tellLifecycle(context, store, name, on ? 'enabled' : 'disabled');
    for (const name of damaged)
      context.log.error(`Failed to ${spec.name} plugin ${quote(name)}: its package is damaged.`);
    return damaged.length === 0 ? EXIT_OK : EXIT_FAILED;
  } catch (error) {
    throw failed(`Failed to ${spec.name} all plugins`, error);
  }
}
