import type { CliIo } from '../io.js';
import { runOciHook } from './hook.js';
import { runOci } from './oci.js';

/** The commands that engines start, and nobody types: their words are not for the parser. */
const COMMANDS: ReadonlyMap<string, typeof runOci> = new Map([
  ['oci', runOci],
  ['oci-hook', runOciHook],
]);

/** @param argv - the command first. @returns the exit code. */
export async function runEngineCommand([name = '', ...argv]: readonly string[], io: CliIo): Promise<number> {
  return (COMMANDS.get(name) as typeof runOci)(argv, io);
}
