/**
 * A first look at the command line, before the parser exists: which command is meant, and which store.
 *
 * The parser cannot say, because what plugins contribute must be registered before it runs, and which plugins there are depends
 * on the store. Only options that we know are stepped over; at the first one that we do not know the look ends, since nobody
 * can tell yet whether it takes a value. The parser then has the last word (`main.ts` compares).
 */
import { findCommand, GROUP, GROUP_ALIAS } from './command-table.js';
import type { Globals } from './global-options.js';
import { GLOBAL_OPTIONS } from './global-options.js';
import type { OptionSpec } from './spec.js';

export interface Scan {
  /** First word, without the group: `list` for `plugin list`. Undefined when there is none, or none could be seen. */
  readonly command: string | undefined;
  /** The word stood under `plugin` or `plugins`. */
  readonly grouped: boolean;
  readonly globals: Globals;
}

export function scanArgv(argv: readonly string[]): Scan {
  const seen = new Map<string, string>();
  let at = skipOptions(argv, 0, GLOBAL_OPTIONS, seen);
  const first = wordAt(argv, at);
  const grouped = first === GROUP || first === GROUP_ALIAS;
  if (grouped) at = skipOptions(argv, at + 1, GLOBAL_OPTIONS, seen);
  const command = grouped ? wordAt(argv, at) : first;
  if (command !== undefined) scanArguments(argv, at + 1, command, seen);
  return { command, grouped, globals: globalsFrom((long) => seen.get(long)) };
}

/** Options may stand after words too, except where the words belong to a command in a container. */
function scanArguments(argv: readonly string[], start: number, command: string, seen: Map<string, string>): void {
  const spec = findCommand(command);
  const known = [...GLOBAL_OPTIONS, ...(spec?.options ?? [])];
  let at = skipOptions(argv, start, known, seen);
  while (spec?.passThrough !== true && wordAt(argv, at) !== undefined) at = skipOptions(argv, at + 1, known, seen);
}

/** Build `Globals` from a lookup by option name: the value, '' for a switch, undefined when absent. */
export function globalsFrom(read: (long: string) => string | undefined): Globals {
  const given = (long: string) => read(long) !== undefined;
  return {
    store: read('store'),
    system: given('system'),
    user: given('user'),
    pluginDeadline: read('plugin-deadline'),
    debug: given('debug'),
    verbose: given('verbose'),
    quiet: given('quiet'),
    silent: given('silent'),
    noColor: given('no-color') || given('nocolor'),
  };
}

function wordAt(argv: readonly string[], at: number): string | undefined {
  const word = argv[at];
  return word === undefined || isOption(word) ? undefined : word;
}

function isOption(text: string): boolean {
  return text.length > 1 && text.startsWith('-');
}

/** Step over options of `known`, noting them in `seen`. Returns where it stopped: a word, `--`, or an unknown option. */
function skipOptions(
  argv: readonly string[],
  start: number,
  known: readonly OptionSpec[],
  seen: Map<string, string>,
): number {
  let at = start;
  while (at < argv.length) {
    const token = argv[at]!;
    if (!isOption(token) || token === '--') return at;
    const used = token.startsWith('--') ? readLong(token, argv[at + 1], known, seen) : readShort(token, known, seen);
    if (used === 0) return at;
    at += used;
  }
  return at;
}

/** How many tokens the option takes; 0 if it is unknown. */
function readLong(
  token: string,
  next: string | undefined,
  known: readonly OptionSpec[],
  seen: Map<string, string>,
): number {
  const equals = token.indexOf('=');
  const name = token.slice(2, equals === -1 ? undefined : equals);
  const option = known.find(({ long }) => long === name);
  if (option === undefined) return 0;
  if (option.value === undefined) {
    if (equals !== -1) return 0;
    seen.set(name, '');
    return 1;
  }
  seen.set(name, equals === -1 ? (next ?? '') : token.slice(equals + 1));
  return equals === -1 ? 2 : 1;
}

function readShort(token: string, known: readonly OptionSpec[], seen: Map<string, string>): number {
  for (let index = 1; index < token.length; index += 1) {
    const option = known.find(({ short }) => short === token[index]);
    if (option === undefined) return 0;
    seen.set(option.long, '');
    // The rest of the token is the value, or the next token is.
    if (option.value !== undefined) return index + 1 < token.length ? 1 : 2;
  }
  return 1;
}
