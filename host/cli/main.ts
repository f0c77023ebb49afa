import { asksForHelp } from './argv/started-by-us.js';
import { runCommandLine } from './command-line.js';
import { ALL_COMMANDS } from './commands/load.js';
import { SUPERVISE } from './container/supervise-word.js';
import type { CliIo } from './io.js';

/**
 * The whole command line.
 *
 * @param argv - without the program's own name.
 * @param io - streams, environment, user and signals; not kept.
 * @returns the exit code (`exit-code.ts`). Never rejects.
 */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  if (argv[0] === SUPERVISE && !asksForHelp(argv)) {
    const { supervise } = await import('./container/supervise.js');
    return supervise(argv.slice(1), io);
  }
  return runCommandLine(argv, io, ALL_COMMANDS);
}
