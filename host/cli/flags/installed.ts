import { COMMANDS, GLOBAL_OPTION_NAMES, optionNames, TAKEN_WORDS } from '../argv/command-table.js';
import type { Stores } from '../stores.js';
import type { Contributions, Taken } from './contributions.js';
import { mergeContributions } from './contributions.js';

/** @param wanted - whether contributed flags of a command of ours matter. */
function takenBy(wanted: (command: string) => boolean): Taken {
  const extensible = COMMANDS.filter((command) => command.extensible === true && wanted(command.name));
  return {
    words: TAKEN_WORDS,
    globalOptions: GLOBAL_OPTION_NAMES,
    extensible: new Map(extensible.map(({ name, options }) => [name, optionNames(options)])),
  };
}

/** A disabled plugin that would have a command of this first word, for the hint to whoever misses it. */
export function disabledOwner(stores: Stores, word: string): string | undefined {
  try {
    const { plugins } = stores.summaries();
    const owner = plugins.find(
      ({ enabled, contributes }) => !enabled && contributes.commands.some(({ path }) => path.split(' ', 1)[0] === word),
    );
    return owner?.name;
  } catch {
    return undefined;
  }
}

/**
 * What the enabled plugins add to the command line, in the order in which their hooks run.
 *
 * @param wanted - whether the flags that they add to a command of ours matter: joining thousands takes as long as starting
 *   Node. Default: all do.
 */
export function readContributions(stores: Stores, wanted: (command: string) => boolean = () => true): Contributions {
  const plugins = stores
    .summaries()
    .plugins.filter(({ enabled }) => enabled)
    .sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
  return mergeContributions(plugins, takenBy(wanted));
}
