import { quote } from '../errors/index.js';
import type { CommandContext } from './context.js';
import { UsageError } from './failure.js';

/**
 * How long one call of a plugin may take, in milliseconds: `--plugin-deadline`, else WASM_PLUGIN_DEADLINE, else undefined for the
 * library's default.
 *
 * @throws UsageError if it is no number: a misspelt limit must not mean another one.
 */
export function pluginDeadline({ globals, io }: Pick<CommandContext, 'globals' | 'io'>): number | undefined {
  const fromEnv = io.env.WASM_PLUGIN_DEADLINE;
  const text = globals.pluginDeadline ?? (fromEnv === '' ? undefined : fromEnv);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    const source = globals.pluginDeadline === undefined ? 'WASM_PLUGIN_DEADLINE' : '--plugin-deadline';
    throw new UsageError(`${source} ${quote(text)} is not a number of milliseconds from 1 to 999999999`);
  }
  return Number(text);
}
