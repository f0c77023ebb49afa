/**
 * The command line, from words to an exit code. Nothing here touches the process; `bin.ts` does.
 *
 * 1. `scanArgv` guesses the command and the store.
 * 2. Only if that command takes part in it, what plugins contribute is read from their records. Managing plugins never does.
 * 3. commander parses, with exactly those commands and flags.
 * 4. The command's module is loaded and run.
 * 5. Whatever is thrown ends in `ERROR:` and `HINT:` lines and an exit code.
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import { findCommand } from './argv/command-table.js';
import type { Globals } from './argv/global-options.js';
import type { Scan } from './argv/scan.js';
import { scanArgv } from './argv/scan.js';
import { aboutOwnCommand } from './argv/started-by-us.js';
import type { CommandContext, RunCommand, RunContributed } from './context.js';
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE } from './exit-code.js';
import { CommandFailure, hintOf, reasonOf, UsageError } from './failure.js';
import type { Contributions } from './flags/contributions.js';
import { NO_CONTRIBUTIONS } from './flags/contributions.js';
import { disabledOwner, readContributions } from './flags/installed.js';
import type { CliIo } from './io.js';
import type { ParsedCommand } from './program/parsed.js';
import { PROGRAM, runProgram } from './program/program.js';
import type { Stores } from './stores.js';
import { createStores } from './stores.js';
import type { Log } from './terminal/log.js';
import { createLog, LOG_DEBUG, LOG_NORMAL, LOG_QUIET, LOG_SILENT, LOG_VERBOSE, wantsColour } from './terminal/log.js';
import { readVersion } from './version.js';

/** Thrown by a command that finds out that it is not up to what is asked, before it has printed anything. Not reported. */
export class HandOver extends Error {}

/** Where commands come from: the modules behind the names, loaded when one is run. */
export interface CommandLoader {
  /** @param name - of a command in the command table. */
  builtin(name: string): Promise<RunCommand>;
  contributed(): Promise<RunContributed>;
}

/**
 * Run one command line.
 *
 * @param argv - without the program's own name.
 * @param io - where everything else comes from and goes to; not kept.
 * @returns the exit code (`exit-code.ts`). Rejects only with a loader's own `HandOver`.
 */
export async function runCommandLine(argv: readonly string[], io: CliIo, loader: CommandLoader): Promise<number> {
  const about = aboutOwnCommand(argv);
  if (about !== undefined) {
    // By its bare name it was called wrongly, and nothing was asked.
    const isAsked = argv.length > 1;
    (isAsked ? io.stdout : io.stderr).write(`${about}\n`);
    return isAsked ? EXIT_OK : EXIT_USAGE;
  }
  const scan = scanArgv(argv);
  let globals = scan.globals;
  let log = logFor(globals, io);
  try {
    const stores = createStores(globals, io);
    // Whoever started a supervisor has parsed the same words before, and warned.
    const early = io.supervised === undefined ? log : logFor({ ...globals, silent: true }, io);
    warnOfMissingStore(scan, io, early);
    const contributions = contributionsFor(scan, argv, stores, early);
    return await runProgram(argv, {
      command: scan.command,
      contributions,
      columns: io.stdout.columns,
      version: readVersion,
      out: (text) => io.stdout.write(text),
      err: (text) => io.stderr.write(text),
      disabledOwner: (word) => disabledOwner(stores, word),
      onCommand: async (parsed) => {
        globals = parsed.globals;
        log = logFor(globals, io);
        checkSameStore(parsed, scan.globals);
        return runParsed(parsed, { argv, io, log, globals, stores, contributions }, loader);
      },
    });
  } catch (error) {
    if (error instanceof HandOver) throw error;
    return report(error, log, globals.debug);
  }
}

async function runParsed(parsed: ParsedCommand, context: CommandContext, loader: CommandLoader): Promise<number> {
  if (parsed.kind === 'builtin') {
    const run = await loader.builtin(parsed.spec.name);
    return run(context, parsed);
  }
  const run = await loader.contributed();
  return run(context, parsed);
}

/** Read contributions for the commands that can have some; a store that cannot be read costs them, not the command. */
function contributionsFor(
  { command, grouped }: Scan,
  argv: readonly string[],
  stores: Stores,
  log: Log,
): Contributions {
  const builtin = command === undefined ? undefined : findCommand(command);
  const wanted = !grouped && (builtin === undefined || builtin.extensible === true || builtin.name === 'completion');
  if (!wanted) return NO_CONTRIBUTIONS;
  try {
    // Only a command that is named can be parsed, or show its flags; completion shows those of all.
    const wanted = command === 'completion' ? undefined : (name: string) => argv.includes(name);
    const contributions = readContributions(stores, wanted);
    for (const warning of contributions.warnings) log.warning(warning);
    return contributions;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    log.warning(`Plugins add no commands or flags now: ${reasonOf(error)}`);
    return NO_CONTRIBUTIONS;
  }
}

/** Commands that make the store that they are given, or do without one. */
const NEED_NO_STORE: ReadonlySet<string | undefined> = new Set([undefined, 'install', 'create', 'compile', 'help']);

/** A misspelt folder looks like a store in which nothing is installed. */
function warnOfMissingStore({ command, globals: { store } }: Scan, { cwd }: CliIo, log: Log): void {
  if (store === undefined || store === '' || NEED_NO_STORE.has(command) || existsSync(resolve(cwd, store))) return;
  log.warning(`There is no store in ${quote(store)}`);
}

/** A store named behind a contributed flag comes too late: the flag itself came from another store. */
function checkSameStore({ globals }: ParsedCommand, scanned: Globals): void {
  if (globals.store !== scanned.store || globals.system !== scanned.system || globals.user !== scanned.user) {
    throw new UsageError(
      'Options that name a store must stand before options of plugins',
      `Put them first: ${PROGRAM} --store DIR COMMAND …`,
    );
  }
}

function logFor(globals: Globals, io: CliIo): Log {
  return createLog(io.stderr, { level: levelOf(globals), colour: wantsColour(io.stderr, io.env, globals.noColor) });
}

function levelOf({ debug, verbose, quiet, silent }: Globals): number {
  if (debug) return LOG_DEBUG;
  if (silent) return LOG_SILENT;
  if (quiet) return LOG_QUIET;
  return verbose ? LOG_VERBOSE : LOG_NORMAL;
}

function report(error: unknown, log: Log, debug: boolean): number {
  const known = error instanceof CommandFailure || error instanceof PluginError;
  const message = known ? error.message : `Internal error: ${reasonOf(error)}`;
  log.error(message);
  const hint = known ? hintOf(error) : 'Run the command again with --debug and report what it prints';
  if (hint !== undefined) log.hint(hint);
  if (debug) log.debug(stackOf(error));
  return error instanceof CommandFailure ? error.exitCode : EXIT_FAILED;
}

/** The stack with those of the causes, each named. */
function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (let at: unknown = error; at instanceof Error && stacks.length < 8; at = at.cause) {
    stacks.push(at.stack ?? at.message);
  }
  return stacks.join('\ncaused by ');
}
