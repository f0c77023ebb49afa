/** A parsed command line as plugins see it in the `command` hook. */
import type { CommandCall } from '../../dispatch/index.js';
import { escapeControls } from '../../errors/index.js';
import { covers, parseGrant } from '../../grant/index.js';
import { readPackage } from '../../package/index.js';
import type { InstalledPlugin } from '../../store/index.js';
import type { CommandContext } from '../context.js';
import type { ContributedFlag } from '../flags/contributions.js';
import type { ResolvedFlags } from '../flags/resolve.js';
import { resolveFlags } from '../flags/resolve.js';
import type { ParsedCommand } from '../program/parsed.js';
import { participants } from '../session.js';
import { plainValues } from './plain-values.js';

/**
 * Settle the contributed flags of a command line.
 *
 * @throws UsageError for a value that does not fit or a required flag without one.
 */
export function settleFlags(
  context: CommandContext,
  parsed: Pick<ParsedCommand, 'flag'>,
  flags: readonly ContributedFlag[],
): ResolvedFlags {
  const plugins = new Map(participants(context).map((plugin) => [plugin.record.name, plugin]));
  const resolved = resolveFlags(flags, {
    given: parsed.flag,
    env: context.io.env,
    mayRead: (plugin, name) => mayRead(plugins.get(plugin), name),
  });
  for (const warning of resolved.warnings) context.log.warning(warning);
  return resolved;
}

/** Whether the plugin has the variable's effective grant: given by the operator, and asked for by the package. */
function mayRead(plugin: InstalledPlugin | undefined, name: string): boolean {
  // A key that is no name for a variable is none that was granted.
  if (plugin === undefined || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return false;
  const wanted = parseGrant(`env:${name}`);
  const among = (grants: readonly string[]) => grants.some((grant) => covers(parseGrant(grant), wanted));
  // The package is read for the few that were granted it; what cannot be read asks for nothing.
  return among(plugin.record.grants) && among(requestsOf(plugin));
}

function requestsOf({ record, store }: InstalledPlugin): readonly string[] {
  try {
    return readPackage(store.readPackage(record)).manifest.requests;
  } catch {
    return [];
  }
}

export function commandCall(
  { io }: CommandContext,
  path: string,
  args: readonly string[],
  flags: ResolvedFlags,
): CommandCall {
  return {
    path,
    args,
    cwd: io.cwd,
    user: { uid: io.user.uid, gid: io.user.gid, name: io.user.name },
    flagsOf: (plugin) => plainValues(flags.byPlugin.get(plugin)),
    print: (stream, text) => io[stream].write(printable(text)),
  };
}

/** A plugin's own output: lines and tabs as they are, everything else that could move the cursor escaped. */
export function printable(text: string): string {
  return text
    .split(/(\r?\n|\t)/)
    .map((part, index) => (index % 2 === 1 ? part.replace('\r', '') : escapeControls(part)))
    .join('');
}
