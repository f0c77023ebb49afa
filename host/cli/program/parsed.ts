import type { Globals } from '../argv/global-options.js';
import type { CommandSpec } from '../argv/spec.js';
import type { ContributedCommand } from '../flags/contributions.js';
import type { FlagValue } from '../flags/value.js';

/** Values of a built-in command's options, by long name. */
export interface Options {
  has(long: string): boolean;
  text(long: string): string | undefined;
  texts(long: string): readonly string[];
}

interface Parsed {
  readonly args: readonly string[];
  readonly globals: Globals;
  /** What the command line gave for a contributed flag. */
  flag(name: string): FlagValue | undefined;
}

export interface ParsedBuiltin extends Parsed {
  readonly kind: 'builtin';
  readonly spec: CommandSpec;
  readonly options: Options;
}

export interface ParsedContributed extends Parsed {
  readonly kind: 'contributed';
  readonly contributed: ContributedCommand;
}

/** A command line that makes sense. */
export type ParsedCommand = ParsedBuiltin | ParsedContributed;
