import type { Globals } from './argv/global-options.js';
import type { Contributions } from './flags/contributions.js';
import type { CliIo } from './io.js';
import type { ParsedBuiltin, ParsedContributed } from './program/parsed.js';
import type { Stores } from './stores.js';
import type { Log } from './terminal/log.js';

/** What a command works with. */
export interface CommandContext {
  /** As it was typed, without the program's own name. */
  readonly argv: readonly string[];
  readonly io: CliIo;
  readonly log: Log;
  readonly globals: Globals;
  /** The stores that the command line means; nothing is opened before it is asked for. */
  readonly stores: Stores;
  /** What plugins add to the command line; empty for commands that do not ask. */
  readonly contributions: Contributions;
}

/** A built-in command: its module's `run`. Returns the exit code; throws `CommandFailure`. */
export type RunCommand = (context: CommandContext, parsed: ParsedBuiltin) => Promise<number>;

/** The same for a command that a plugin contributed. */
export type RunContributed = (context: CommandContext, parsed: ParsedContributed) => Promise<number>;
