/**
 * What the installed plugins add to the command line, read from their records: nothing is run or loaded.
 *
 * Plugins come in dispatch order, and the first one that claims a command or flag has it. A later claim is ignored with a
 * warning that names both, so that no plugin can take a command away, from us or from another plugin, and none can break
 * the command line.
 */
import { quote } from '../../errors/index.js';
import type { CommandContribution, FlagContribution } from '../../package/index.js';

export interface Contributor {
  readonly name: string;
  readonly contributes: {
    readonly commands?: readonly CommandContribution[] | undefined;
    readonly flags?: readonly FlagContribution[] | undefined;
  };
}

export interface ContributedFlag {
  readonly plugin: string;
  readonly flag: FlagContribution;
}

export interface ContributedCommand {
  readonly plugin: string;
  /** Words of the command, such as `['checkpoint', 'start']`. */
  readonly path: readonly string[];
  readonly command: CommandContribution;
  readonly flags: readonly ContributedFlag[];
}

/** What the built-in command line already uses. */
export interface Taken {
  /** First words that a plugin may not claim: our commands, their aliases, and those that we will add. */
  readonly words: ReadonlySet<string>;
  /** Option names of every command, such as `--debug` and `-d`. */
  readonly globalOptions: ReadonlySet<string>;
  /** Commands of ours that take contributed flags, with the option names that they have. */
  readonly extensible: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface Contributions {
  readonly commands: readonly ContributedCommand[];
  /** By the name of the built-in command. */
  readonly flags: ReadonlyMap<string, readonly ContributedFlag[]>;
  /** One sentence for each claim that was ignored. */
  readonly warnings: readonly string[];
}

export const NO_CONTRIBUTIONS: Contributions = { commands: [], flags: new Map(), warnings: [] };

/** The parser and the completion scripts rely on these shapes, and a record may have been edited by hand. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const SHORTHAND = /^[A-Za-z0-9]$/;

/** Join what `plugins` contribute, first come first served. */
export function mergeContributions(plugins: readonly Contributor[], taken: Taken): Contributions {
  const commands: ContributedCommand[] = [];
  const warnings: string[] = [];
  const claims = createClaims();
  const builtin = new Map<string, FlagSet>();
  for (const [name, used] of taken.extensible) {
    builtin.set(name, createFlagSet(new Set([...taken.globalOptions, ...used]), warnings));
  }
  for (const { name: plugin, contributes } of plugins) {
    for (const command of contributes.commands ?? []) {
      const path = command.path.split(' ');
      const clash = badName(path, taken.words) ?? claims.clash(path, plugin);
      if (clash !== undefined) {
        warnings.push(`Command ${quote(command.path)} of plugin ${quote(plugin)} is ignored: ${clash}`);
        continue;
      }
      claims.add(path, plugin);
      commands.push({ plugin, path, command, flags: ownFlags(plugin, command, taken.globalOptions, warnings) });
    }
    for (const flag of contributes.flags ?? []) {
      // A command that this host does not have, or does not let plugins extend, is a newer host's: not worth a warning.
      for (const target of flag.commands ?? []) builtin.get(target)?.add(plugin, flag, target);
    }
  }
  const flags = new Map([...builtin].map(([name, set]) => [name, set.accepted] as const));
  return { commands, flags, warnings };
}

function badName(path: readonly string[], words: ReadonlySet<string>): string | undefined {
  if (!path.every((word) => WORD.test(word))) return 'that is not a name for a command';
  return words.has(path[0]!) ? `${quote(path[0]!)} belongs to wasm-plugin` : undefined;
}

/** Which plugin has which command. Groups may be shared; below somebody's command, or above it, nobody else may claim one. */
interface Claims {
  clash(path: readonly string[], plugin: string): string | undefined;
  add(path: readonly string[], plugin: string): void;
}

/** Looks up only the prefixes of a path: thousands of commands must not make `--help` slow. */
function createClaims(): Claims {
  const owners = new Map<string, string>();
  /** For each group, the plugins and one command of theirs in it. */
  const inside = new Map<string, Map<string, string>>();
  const taken = (plugin: string, path: string) => `plugin ${quote(plugin)} has ${quote(path)}`;
  return {
    clash(path, plugin) {
      const full = path.join(' ');
      for (const prefix of prefixesOf(path)) {
        const owner = owners.get(prefix);
        if (owner !== undefined && (prefix === full || owner !== plugin)) return taken(owner, prefix);
      }
      for (const [other, command] of inside.get(full) ?? []) if (other !== plugin) return taken(other, command);
      return undefined;
    },
    add(path, plugin) {
      const full = path.join(' ');
      owners.set(full, plugin);
      for (const prefix of prefixesOf(path.slice(0, -1))) {
        const plugins = inside.get(prefix) ?? new Map<string, string>();
        if (!plugins.has(plugin)) inside.set(prefix, plugins.set(plugin, full));
      }
    },
  };
}

function prefixesOf(path: readonly string[]): string[] {
  return path.map((_, index) => path.slice(0, index + 1).join(' '));
}

/** The flags of a contributed command, which compete with nobody but the global options. */
function ownFlags(
  plugin: string,
  { path, flags = [] }: CommandContribution,
  globalOptions: ReadonlySet<string>,
  warnings: string[],
): readonly ContributedFlag[] {
  if (flags.length === 0) return [];
  const set = createFlagSet(globalOptions, warnings);
  for (const flag of flags) set.add(plugin, flag, path);
  return set.accepted;
}

interface FlagSet {
  readonly accepted: readonly ContributedFlag[];
  add(plugin: string, flag: FlagContribution, command: string): void;
}

function createFlagSet(taken: ReadonlySet<string>, warnings: string[]): FlagSet {
  const accepted: ContributedFlag[] = [];
  const owners = new Map<string, string>([...taken].map((name) => [name, 'wasm-plugin']));
  const clash = (option: string, plugin: string, command: string): boolean => {
    const owner = owners.get(option);
    if (owner === undefined) return false;
    const by = owner === 'wasm-plugin' ? owner : `plugin ${quote(owner)}`;
    warnings.push(`Flag ${option} of plugin ${quote(plugin)} on ${quote(command)} is ignored: ${by} has it`);
    return true;
  };
  return {
    accepted,
    add(plugin, flag, command) {
      if (!WORD.test(flag.name) || !(flag.shorthand === undefined || SHORTHAND.test(flag.shorthand))) {
        warnings.push(
          `Flag ${quote(flag.name)} of plugin ${quote(plugin)} on ${quote(command)} is ignored: that is not a name for a flag`,
        );
        return;
      }
      const long = `--${flag.name}`;
      const negated = flag.type === 'bool' ? [`--no-${flag.name}`] : [];
      if ([long, ...negated].some((option) => clash(option, plugin, command))) return;
      const short = flag.shorthand === undefined ? undefined : `-${flag.shorthand}`;
      const { shorthand: _, ...withoutShorthand } = flag;
      const keeps = short === undefined || !clash(short, plugin, command);
      for (const option of [long, ...negated, ...(keeps && short !== undefined ? [short] : [])]) {
        owners.set(option, plugin);
      }
      accepted.push({ plugin, flag: keeps ? flag : withoutShorthand });
    },
  };
}
