import { HandOver, runCommandLine } from './command-line.js';
import type { CliIo } from './io.js';
import { isLight, LIGHT_COMMANDS } from './light.js';

/** Run what a person or a script typed: the light commands here, everything else where all of it is. @returns the exit code. */
export async function runTyped(argv: readonly string[], io: CliIo): Promise<number> {
  if (isLight(argv)) {
    try {
      return await runCommandLine(argv, io, LIGHT_COMMANDS);
    } catch (error) {
      if (!(error instanceof HandOver)) throw error;
    }
  }
  const { main } = await import('./main.js');
  return main(argv, io);
}
