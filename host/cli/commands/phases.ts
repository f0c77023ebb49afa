import type { CommandContext } from '../context.js';
import type { ParsedBuiltin } from '../program/parsed.js';
import { createSession, participants } from '../session.js';
import { commandCall, settleFlags } from './command-call.js';

/**
 * Run a built-in command between the `before` and `after` phases of the plugins that take part in it.
 *
 * @throws UsageError for contributed flags that make no sense; PluginError `VETOED` or another when a plugin stopped it.
 */
export async function withPhases(
  context: CommandContext,
  parsed: ParsedBuiltin,
  action: (args: readonly string[]) => Promise<number>,
): Promise<number> {
  const { name } = parsed.spec;
  const flags = settleFlags(context, parsed, context.contributions.flags.get(name) ?? []);
  const session = await createSession(context, { plugins: participants(context) });
  try {
    const call = commandCall(context, name, parsed.args, flags);
    const edits = await session.dispatcher.before(call);
    const exitCode = await action(edits.args);
    await session.dispatcher.after({ ...call, ...edits }, exitCode);
    return exitCode;
  } finally {
    await session.close();
  }
}
