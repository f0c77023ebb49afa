/**
 * The command lines that only look: `list`, `inspect NAME`, help. They are typed often, completed by shells and asked by scripts,
 * and take little more time than Node itself, which is why they are bundled on their own (`scripts/build.mjs`).
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PluginRecord } from '../store/index.js';
import { scanArgv } from './argv/scan.js';
import type { CommandLoader } from './command-line.js';
import { HandOver } from './command-line.js';
import { fourLines, inspectFailed } from './commands/inspect-lines.js';
import { run as list } from './commands/list.js';
import { looksLikePath, noSuchPlugin } from './commands/plugin-file.js';
import type { RunCommand } from './context.js';
import { EXIT_OK } from './exit-code.js';
import type { Stores } from './stores.js';

/** An installed plugin has its four lines in the record; everything else needs the decoders of packages. */
const inspect: RunCommand = async ({ io, stores }, { args, options }) => {
  const [word = ''] = args;
  const brief = !options.has('long') && !options.has('json') && !looksLikePath(word);
  const record = brief ? find(stores, word) : undefined;
  if (brief && record === undefined && !existsSync(resolve(io.cwd, word)))
    throw inspectFailed(word, noSuchPlugin(stores, word));
  if (record === undefined) throw new HandOver();
  io.stdout.write(fourLines(record));
  return EXIT_OK;
};

function find(stores: Stores, name: string): PluginRecord | undefined {
  try {
    return stores.find(name)?.record;
  } catch (error) {
    throw inspectFailed(name, error);
  }
}

const COMMANDS: ReadonlyMap<string, RunCommand> = new Map([
  ['inspect', inspect],
  ['list', list],
]);

/** Whether to try `LIGHT_COMMANDS`: for a light command, and for none, which ends in help or a mistake. */
export function isLight(argv: readonly string[]): boolean {
  const { command } = scanArgv(argv);
  return command === undefined || command === 'help' || COMMANDS.has(command);
}

/** Its commands may throw `HandOver`: then nothing was printed and `main` has to do it. */
export const LIGHT_COMMANDS: CommandLoader = {
  async builtin(name) {
    const run = COMMANDS.get(name);
    if (run === undefined) throw new HandOver();
    return run;
  },
  contributed: () => Promise.reject(new HandOver()),
};
