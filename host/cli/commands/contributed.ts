import { quote } from '../../errors/index.js';
import type { CommandContext } from '../context.js';
import { failed, UsageError } from '../failure.js';
import type { ParsedContributed } from '../program/parsed.js';
import { createSession, participants } from '../session.js';
import { commandCall, settleFlags } from './command-call.js';

/**
 * Run a command that a plugin contributed; its exit code is ours.
 *
 * @throws UsageError for flags or a number of arguments that the manifest does not allow; CommandFailure if the plugin failed.
 */
export async function runContributed(context: CommandContext, parsed: ParsedContributed): Promise<number> {
  const { plugin, path, command, flags } = parsed.contributed;
  const words = path.join(' ');
  checkArguments(words, parsed.args.length, command);
  const settled = settleFlags(context, parsed, flags);
  const session = await createSession(context, { plugins: participants(context) });
  try {
    const call = commandCall(context, words, parsed.args, settled);
    const edits = await session.dispatcher.before(call);
    const entry = session.entries.find(({ name }) => name === plugin);
    if (entry === undefined) throw new Error(`plugin ${plugin} went away`);
    const { exitCode, run } = await session.dispatcher.contributed(entry, { ...call, ...edits });
    const final = run === undefined ? exitCode : await runRequested(context, run);
    await session.dispatcher.after({ ...call, ...edits }, final);
    return final;
  } catch (error) {
    throw failed(`Failed to run command ${quote(words)}`, error);
  } finally {
    await session.close();
  }
}

function checkArguments(
  path: string,
  count: number,
  { minArgs = 0, maxArgs = Number.POSITIVE_INFINITY }: { minArgs?: number; maxArgs?: number },
): void {
  if (count >= minArgs && count <= maxArgs) return;
  const wanted =
    maxArgs === minArgs
      ? `${minArgs}`
      : maxArgs === Number.POSITIVE_INFINITY
        ? `at least ${minArgs}`
        : `${minArgs} to ${maxArgs}`;
  throw new UsageError(`Wrong usage of ${quote(`wasm-plugin ${path}`)}: it takes ${wanted} arguments, not ${count}`);
}
