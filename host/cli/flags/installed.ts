import { COMMANDS, GLOBAL_OPTION_NAMES, optionNames, TAKEN_WORDS } from '../argv/command-table.js';
import type { Stores } from '../stores.js';
import type { Contributions, Taken } from './contributions.js';
import { mergeContributions } from './contributions.js';

const TAKEN: Taken = {
  words: TAKEN_WORDS,
  globalOptions: GLOBAL_OPTION_NAMES,
  extensible: new Map(
    COMMANDS.filter(({ extensible }) => extensible === true).map(({ name, options }) => [name, optionNames(options)]),
  ),
};

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

/** What the enabled plugins add to the command line, in the order in which their hooks run. */
export function readContributions(stores: Stores): Contributions {
  const plugins = stores
    .summaries()
    .plugins.filter(({ enabled }) => enabled)
    .sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
  return mergeContributions(plugins, TAKEN);
}
