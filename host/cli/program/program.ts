/**
 * The parser: commander, filled from the command table and from what plugins contribute.
 *
 * Only what this command line can need is registered: one command when its name is known, all of them for help and for
 * a name that nobody knows. Parsing ends in `onCommand`; nothing is executed here.
 */
import { Command, CommanderError, Option } from 'commander';
import { escapeControls } from '../../errors/index.js';
import { COMMANDS, GROUP, GROUP_ALIAS } from '../argv/command-table.js';
import { GLOBAL_OPTIONS } from '../argv/global-options.js';
import { globalsFrom } from '../argv/scan.js';
import type { CommandSpec } from '../argv/spec.js';
import { EXIT_OK, EXIT_USAGE } from '../exit-code.js';
import type { ContributedCommand, Contributions } from '../flags/contributions.js';
import type { FlagValue } from '../flags/value.js';
import { contributedHelp, ownUsage } from './contributed-help.js';
import { GLOBAL_HEADING, HELP, OWN_HEADING } from './help.js';
import { builtinOption, contributedOptions, flagKey } from './options.js';
import type { Options, ParsedCommand } from './parsed.js';
import { ParserExit, usageError } from './usage-error.js';

export const PROGRAM = 'wasm-plugin';

export interface ProgramOptions {
  /** The command from the first look; undefined registers everything. */
  readonly command: string | undefined;
  readonly contributions: Contributions;
  readonly columns: number;
  /** For `--version`, asked for only then. */
  version(): string;
  /** Help that was asked for. */
  out(text: string): void;
  /** Help that was not asked for. */
  err(text: string): void;
  /** A disabled plugin that has a command of this first word. */
  disabledOwner(word: string): string | undefined;
  onCommand(command: ParsedCommand): Promise<number>;
}

/**
 * Parse and hand over to `onCommand`.
 *
 * @param argv - without the program's own name.
 * @returns the exit code.
 * @throws UsageError for a command line that makes no sense; whatever `onCommand` throws.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<number> {
  checkHelpTopic(argv, options);
  let exitCode = EXIT_OK;
  const program = buildProgram({ ...options, argv }, async (parsed) => {
    exitCode = await options.onCommand(parsed);
  });
  try {
    await program.parseAsync(helpOfMember(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof ParserExit)) throw error;
    if (error.error.exitCode === EXIT_OK) return EXIT_OK;
    // Help in place of a missing command is on stderr already.
    if (error.error.code === 'commander.help') return EXIT_USAGE;
    const { contributions, disabledOwner } = options;
    throw usageError(error, { contributed: () => visibleWords(contributions), disabledOwner });
  }
  return exitCode;
}

/** `help plugin list` is `plugin list --help`: commander would print the help of the group. */
function helpOfMember(argv: readonly string[]): string[] {
  const [word, group, member = ''] = argv;
  const isMember = word === 'help' && (group === GROUP || group === GROUP_ALIAS) && !member.startsWith('-');
  return isMember && member !== '' ? [group, member, '--help'] : [...argv];
}

/** `help nosuch`: commander would print the help of everything instead, and not say why. */
function checkHelpTopic(argv: readonly string[], options: ProgramOptions): void {
  const [word = '', topic] = argv;
  if (word !== 'help' || topic === undefined || topic.startsWith('-')) return;
  const { contributions, disabledOwner } = options;
  const names = [...COMMANDS.map(({ name }) => name), GROUP, GROUP_ALIAS, 'help'];
  if (names.includes(topic) || contributions.commands.some(({ path }) => path[0] === topic)) return;
  const program = buildProgram({ ...options, argv }, async () => undefined);
  program.args = [topic];
  const error = new CommanderError(EXIT_USAGE, 'commander.unknownCommand', `error: unknown command '${topic}'`);
  const help = { contributed: () => visibleWords(contributions), disabledOwner };
  throw usageError(new ParserExit(program, error), help);
}

function visibleWords({ commands }: Contributions): string[] {
  return commands.filter(({ command }) => command.hidden !== true).map(({ path }) => path[0]!);
}

/** The contributed commands that these words can mean. Help lists the others; commander would be slow with thousands. */
function named(commands: readonly ContributedCommand[], argv: readonly string[]): readonly ContributedCommand[] {
  const words = new Set(argv);
  return commands.filter(({ path }) => words.has(path[0]!));
}

type OnParsed = (parsed: ParsedCommand) => Promise<void>;

interface BuildOptions extends ProgramOptions {
  readonly argv: readonly string[];
}

function buildProgram(options: BuildOptions, onParsed: OnParsed): Command {
  const { command, contributions } = options;
  const program = createCommand(PROGRAM, options)
    .description('Sandboxed plugins for container runtimes: WebAssembly components in SIF files.')
    .enablePositionalOptions();
  addGlobalOptions(program, OWN_HEADING);
  program
    .option('--version', 'print the version')
    .on('option:version', () => {
      options.out(`${PROGRAM} version ${options.version()}\n`);
      throw new ParserExit(program, new CommanderError(EXIT_OK, 'commander.version', ''));
    })
    .addHelpText(
      'after',
      () => `${contributedHelp(contributions.commands)}\nRun "${PROGRAM} COMMAND --help" for one command.`,
    );

  program.addHelpCommand(
    new Command('help').argument('[COMMAND]').description('print help for a command').helpGroup('Other:'),
  );
  const known = COMMANDS.filter(({ name }) => name === command);
  const specs = known.length === 0 ? COMMANDS : known;
  for (const spec of specs) program.addCommand(builtinCommand(spec, options, onParsed));
  program.addCommand(groupCommand(specs, options, onParsed), { hidden: true });
  for (const contributed of known.length === 0 ? named(contributions.commands, options.argv) : []) {
    addContributed(program, contributed, options, onParsed);
  }
  return program;
}

function createCommand(name: string, options: ProgramOptions): Command {
  const command = new Command(name)
    .configureOutput({
      writeOut: options.out,
      writeErr: options.err,
      outputError: () => {},
      getOutHelpWidth: () => options.columns,
      getErrHelpWidth: () => options.columns,
      // Help has no colours that would have to be taken out; to find out whether to, commander would load Node's streams.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp(HELP);
  return command.exitOverride((error) => {
    throw new ParserExit(command, error);
  });
}

/** @param heading - that help lists them under; `--help` is one of them. */
function addGlobalOptions(command: Command, heading = GLOBAL_HEADING): void {
  command.addHelpOption(new Option('-h, --help', 'print help').helpGroup(heading));
  for (const spec of GLOBAL_OPTIONS) command.addOption(builtinOption(spec).helpGroup(heading));
}

function groupCommand(specs: readonly CommandSpec[], options: BuildOptions, onParsed: OnParsed): Command {
  const group = createCommand(GROUP, options).alias(GROUP_ALIAS).description('manage plugins, as Apptainer spells it');
  group.enablePositionalOptions();
  addGlobalOptions(group);
  for (const spec of specs) if (spec.grouped === true) group.addCommand(builtinCommand(spec, options, onParsed));
  return group;
}

function builtinCommand(spec: CommandSpec, options: BuildOptions, onParsed: OnParsed): Command {
  const command = createCommand(spec.name, options).description(spec.summary).helpGroup(spec.heading);
  for (const { name, optional, repeat } of spec.arguments) {
    const inner = `${name}${repeat === true ? '...' : ''}`;
    command.argument(optional === true ? `[${inner}]` : `<${inner}>`);
  }
  // A command that nobody names is only listed, and its options are never looked at.
  if (!options.argv.includes(spec.name)) return command;
  for (const option of spec.options) command.addOption(builtinOption(option));
  const flags = options.contributions.flags.get(spec.name) ?? [];
  for (const option of flags.flatMap(contributedOptions)) command.addOption(option);
  addGlobalOptions(command);
  if (spec.passThrough === true) command.passThroughOptions();
  if (spec.details !== undefined) command.addHelpText('after', `\n${spec.details}`);
  return command.action(() => onParsed({ kind: 'builtin', spec, options: readOptions(command), ...common(command) }));
}

/** Find or make the command of a path; groups above a contributed command exist only to hold it. */
function addContributed(
  program: Command,
  contributed: ContributedCommand,
  options: ProgramOptions,
  onParsed: OnParsed,
): void {
  const heading = `Commands of plugin ${escapeControls(contributed.plugin)}:`;
  let command = program;
  for (const [depth, word] of contributed.path.entries()) {
    let next = command.commands.find((child) => child.name() === word);
    if (next === undefined) {
      next = createCommand(word, options).description(`commands of plugin ${escapeControls(contributed.plugin)}`);
      next.helpGroup(heading).enablePositionalOptions();
      addGlobalOptions(next);
      command.addCommand(next, { hidden: isLeaf(contributed, depth) && contributed.command.hidden === true });
    }
    command = next;
  }
  const { summary } = contributed.command;
  // Options may stand anywhere up to `--`, as on our commands.
  command.description(escapeControls(summary)).argument('[args...]');
  command.usage(`[options] ${ownUsage(contributed)}`.trimEnd());
  for (const option of contributed.flags.flatMap(contributedOptions)) command.addOption(option);
  command.action(() => onParsed({ kind: 'contributed', contributed, ...common(command) }));
}

function isLeaf({ path }: ContributedCommand, depth: number): boolean {
  return depth === path.length - 1;
}

function common(command: Command) {
  return {
    args: command.args,
    globals: globalsFrom((long) => lookUp(command, long)),
    flag: (name: string) => command.getOptionValue(flagKey(name)) as FlagValue | undefined,
  };
}

/** A global option may stand after any word of the command; the last one counts. */
function lookUp(command: Command | null, long: string): string | undefined {
  for (let at = command; at !== null; at = at.parent) {
    const value: unknown = at.getOptionValue(long);
    if (value !== undefined) return value === true ? '' : String(value);
  }
  return undefined;
}

function readOptions(command: Command): Options {
  const read = (long: string): unknown => command.getOptionValue(long);
  return {
    has: (long) => read(long) !== undefined,
    text: (long) => {
      const value = read(long);
      return typeof value === 'string' ? value : undefined;
    },
    texts: (long) => {
      const value = read(long);
      return Array.isArray(value) ? (value as string[]) : [];
    },
  };
}
