/**
 * The command lines that only look: `list`, `inspect`, help. They are typed often, completed by shells and asked by scripts, and
 * take little more time than Node itself, which is why they are bundled on their own (`scripts/build.mjs`).
 */
import { scanArgv } from './argv/scan.js';
import type { CommandLoader } from './command-line.js';
import { run as inspect } from './commands/inspect.js';
import { run as list } from './commands/list.js';
import type { RunCommand } from './context.js';

const COMMANDS: ReadonlyMap<string, RunCommand> = new Map([
  ['inspect', inspect],
  ['list', list],
]);

/** Whether `LIGHT_COMMANDS` is enough for this command line: a light command, or none, which ends in help or a mistake. */
export function isLight(argv: readonly string[]): boolean {
  const { command } = scanArgv(argv);
  return command === undefined || command === 'help' || COMMANDS.has(command);
}

export const LIGHT_COMMANDS: CommandLoader = {
  async builtin(name) {
    const run = COMMANDS.get(name);
    if (run === undefined) throw new Error(`${name} is no light command`);
    return run;
  },
  contributed: () => Promise.reject(new Error('contributed commands are not light')),
};
