/** What a completion script offers, as plain data: one entry for each command, built-in or contributed. */
import { COMMANDS, GROUP, GROUP_ALIAS } from '../argv/command-table.js';
import { GLOBAL_OPTIONS } from '../argv/global-options.js';
import type { OptionSpec, ValueKind } from '../argv/spec.js';
import type { ContributedFlag, Contributions } from '../flags/contributions.js';

export interface CompletionOption {
  /** `--out`, `-o`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** What its value is; undefined for a switch. */
  readonly value: ValueKind | undefined;
}

export interface CompletionCommand {
  /** Words, such as `plugin list`. */
  readonly path: string;
  readonly summary: string;
  readonly options: readonly CompletionOption[];
  /** What its arguments are, in order. Empty for none. */
  readonly arguments: readonly CompletionArgument[];
  /** Nothing is known about what follows its first argument, options neither. */
  readonly passThrough?: boolean;
}

export interface CompletionArgument {
  readonly kind: ValueKind;
  /** Any number of the same kind follow. */
  readonly repeat: boolean;
}

export interface CompletionWords {
  readonly globals: readonly CompletionOption[];
  readonly commands: readonly CompletionCommand[];
}

const HELP: CompletionOption = { names: ['--help', '-h'], summary: 'print help', value: undefined };

/**
 * Collect what can be typed.
 *
 * @param contributions - of the plugins installed when the script is made. The scripts do not ask again: completion must
 *   cost nothing and never run a plugin.
 */
export function completionWords(contributions: Contributions): CompletionWords {
  const builtin = COMMANDS.map((spec) => ({
    path: spec.name,
    summary: spec.summary,
    options: [...spec.options.flatMap(optionOf), ...(contributions.flags.get(spec.name) ?? []).flatMap(flagOf)],
    arguments: spec.arguments.map(({ kind, repeat }) => ({ kind, repeat: repeat === true })),
    passThrough: spec.passThrough === true,
    grouped: spec.grouped === true,
  }));
  const grouped = [GROUP, GROUP_ALIAS].flatMap((group) =>
    builtin.filter((command) => command.grouped).map((command) => ({ ...command, path: `${group} ${command.path}` })),
  );
  const contributed = contributions.commands
    .filter(({ command }) => command.hidden !== true)
    .map(({ path, command, flags }) => ({
      path: path.join(' '),
      summary: command.summary,
      options: flags.flatMap(flagOf),
      // A manifest does not say what they are, and a file is what most commands take.
      arguments: command.maxArgs === 0 ? [] : [{ kind: 'file' as const, repeat: true }],
    }));
  const words = [...builtin, ...contributed].map(({ path }) => path.split(' ', 1)[0]!);
  const help = {
    path: 'help',
    summary: 'print help for a command',
    options: [],
    arguments: [{ kind: [...new Set([...words, GROUP])], repeat: false }],
  };
  return {
    globals: [HELP, ...GLOBAL_OPTIONS.flatMap(optionOf)],
    commands: [...builtin, help, ...contributed, ...grouped],
  };
}

/** The words that can follow `path`, with the summaries of those that are commands. */
export function nextWords(words: CompletionWords, path: string): ReadonlyMap<string, string> {
  const prefix = path === '' ? '' : `${path} `;
  const next = new Map<string, string>();
  for (const command of words.commands) {
    if (!command.path.startsWith(prefix)) continue;
    const [word = '', ...deeper] = command.path.slice(prefix.length).split(' ');
    if (deeper.length === 0) next.set(word, command.summary);
    else if (!next.has(word)) next.set(word, '');
  }
  return next;
}

/** Commands that the words behind their first argument do not belong to. */
export function passThroughPaths(words: CompletionWords): string[] {
  return words.commands.filter(({ passThrough }) => passThrough === true).map(({ path }) => path);
}

/** `a b c` -> `a`, `a b`, `a b c`: what may have been typed on the way to a command. */
export function pathPrefixes(path: string): string[] {
  const parts = path.split(' ');
  return parts.map((_, index) => parts.slice(0, index + 1).join(' '));
}

function optionOf({ long, short, summary, value, kind, hidden }: OptionSpec): CompletionOption[] {
  if (hidden === true) return [];
  const names = [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
  return [{ names, summary, value: value === undefined ? undefined : (kind ?? 'text') }];
}

function flagOf({ flag }: ContributedFlag): CompletionOption[] {
  if (flag.hidden === true) return [];
  const names = [`--${flag.name}`, ...(flag.shorthand === undefined ? [] : [`-${flag.shorthand}`])];
  return [{ names, summary: flag.usage, value: flag.type === 'bool' ? undefined : 'text' }];
}
