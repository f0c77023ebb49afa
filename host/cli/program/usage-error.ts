/** A command line that the parser refuses, in our words: the whole path of the command, and what may have been meant. */
import type { Command, CommanderError } from 'commander';
import { escapeControls, quote } from '../../errors/index.js';
import { UsageError } from '../failure.js';
import { didYouMean, nearest } from '../nearest.js';
import { commandElsewhere, optionElsewhere } from './known-elsewhere.js';

/**
 * A failure of the parser where it happened. Commander's own says which option is unknown, and not to which command.
 */
export class ParserExit extends Error {
  readonly command: Command;
  readonly error: CommanderError;

  constructor(command: Command, error: CommanderError) {
    super(error.message);
    this.command = command;
    this.error = error;
  }
}

export interface UsageHelp {
  /** First words of the commands that plugins add. */
  contributed(): Iterable<string>;
  /** A disabled plugin that has a command of this first word. */
  disabledOwner(word: string): string | undefined;
}

export function usageError({ command, error }: ParserExit, { contributed, disabledOwner }: UsageHelp): UsageError {
  const [text = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const what = pathOf(command);
  const seeHelp = `Run "${escapeControls(what)} --help" to see what it takes`;
  const fail = (hint: string) => new UsageError(`Wrong usage of ${quote(what)}: ${text}`, hint);
  const [, option] = /^unknown option '(.*)'$/.exec(text) ?? [];
  const instead = option === undefined ? undefined : optionElsewhere(command.name(), option);
  if (instead !== undefined) return fail(instead);
  if (error.code !== 'commander.unknownCommand' || command.parent !== null) {
    return fail(suggestion?.replace(/^\((.*)\)$/, '$1') ?? seeHelp);
  }
  const [word = ''] = command.args;
  const owner = disabledOwner(word);
  if (owner !== undefined) return fail(`Plugin ${quote(owner)} has it, and is disabled`);
  const elsewhere = commandElsewhere(word);
  if (elsewhere !== undefined) return fail(elsewhere);
  // Not commander's: only the plugins' commands that the words name are registered, and a misspelt one is not among those.
  const meant = nearest(word, [...visibleNames(command), ...contributed()]);
  return fail(meant.length === 0 ? seeHelp : didYouMean(meant));
}

/** `wasm-plugin site show`. */
function pathOf(command: Command): string {
  const words: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) words.unshift(at.name());
  return words.join(' ');
}

function visibleNames(command: Command): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => child.name());
}
