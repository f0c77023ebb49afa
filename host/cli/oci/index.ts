import type { CliIo } from '../io.js';
import { runOci } from './oci.js';

/**
 * The commands that engines start, and nobody types: their words are not for the parser.
 *
 * @param argv - the command first, `oci` or `oci-hook`. @returns the exit code.
 */
export async function runEngineCommand([name, ...argv]: readonly string[], io: CliIo): Promise<number> {
  if (name === 'oci') return runOci(argv, io);
  // Starts processes, which takes modules of Node that no container should wait for (bench/container.ts).
  const { runOciHook } = await import('./hook.js');
  return runOciHook(argv, io);
}
