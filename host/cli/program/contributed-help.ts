import { escapeControls } from '../../errors/index.js';
import type { ContributedCommand } from '../flags/contributions.js';

/** What a manifest's usage says after the command's own words, which help prints anyway. */
export function ownUsage({ path, command: { usage, maxArgs } }: ContributedCommand): string {
  if (usage === undefined) return maxArgs === 0 ? '' : '[args...]';
  const words = path.join(' ');
  return escapeControls(usage === words || usage.startsWith(`${words} `) ? usage.slice(words.length) : usage).trim();
}

/** The section of `--help` for what plugins add: a heading for each plugin, a line for each command. Starts with a newline. */
export function contributedHelp(commands: readonly ContributedCommand[]): string {
  const shown = commands.filter(({ command }) => command.hidden !== true);
  const terms = shown.map((contributed) => `${contributed.path.join(' ')} ${ownUsage(contributed)}`.trimEnd());
  const width = terms.reduce((longest, term) => Math.max(longest, term.length), 0);
  const byPlugin = new Map<string, string>();
  for (const [i, { plugin, command }] of shown.entries()) {
    const before = byPlugin.get(plugin) ?? `\nCommands of plugin ${escapeControls(plugin)}:\n`;
    byPlugin.set(plugin, `${before}  ${terms[i]!.padEnd(width)}  ${escapeControls(command.summary)}\n`);
  }
  return [...byPlugin.values()].join('');
}
