import { randomUUID } from 'node:crypto';
import type { CommandCall, CommandEdits } from '../../dispatch/index.js';
import type { CommandContext } from '../context.js';
import { EXIT_RUN_FAILED } from '../exit-code.js';
import type { ContributedFlag } from '../flags/contributions.js';
import type { ParsedCommand } from '../program/parsed.js';
import type { Session } from '../session.js';
import { createSession, participants } from '../session.js';
import { commandCall, settleFlags } from './command-call.js';

export interface PhaseOptions {
  /** The image as it was typed, where the command has one. */
  readonly image?: string;
}

/**
 * Run a built-in command between the `before` and `after` phases of the plugins that take part in it.
 *
 * @param action - gets the arguments and flags as the plugins left them; returns the exit code.
 * @throws UsageError for contributed flags that make no sense; PluginError `VETOED` or another when a plugin stopped it; what
 *   `action` throws, after the plugins were told.
 */
export async function withPhases(
  context: CommandContext,
  parsed: ParsedCommand & { readonly kind: 'builtin' },
  options: PhaseOptions,
  action: (session: Session, edits: CommandEdits) => Promise<number>,
): Promise<number> {
  const { name } = parsed.spec;
  return betweenPhases(
    context,
    parsed,
    name,
    context.contributions.flags.get(name) ?? [],
    options,
    (session, _call, edits) => action(session, edits),
  );
}

/** The same for a command of any path. */
export async function betweenPhases(
  context: CommandContext,
  parsed: ParsedCommand,
  path: string,
  flags: readonly ContributedFlag[],
  { image }: PhaseOptions,
  action: (session: Session, call: CommandCall, edits: CommandEdits) => Promise<number>,
): Promise<number> {
  const settled = settleFlags(context, parsed, flags);
  const session = await createSession(context, { plugins: participants(context), runId: randomUUID(), image });
  try {
    const call = commandCall(context, path, parsed.args, settled);
    const edits = await session.dispatcher.before(call);
    const edited = { ...call, ...edits };
    let exitCode = EXIT_RUN_FAILED;
    try {
      exitCode = await action(session, edited, edits);
    } finally {
      await session.dispatcher.after(edited, exitCode);
    }
    return exitCode;
  } finally {
    await session.close();
  }
}
