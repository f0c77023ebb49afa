/**
 * `run --detach`, the side that the user sees: start a supervisor, wait until the container runs or has failed, and leave.
 *
 * The supervisor is this program with the same words, in a session of its own. Until the container runs it sends lines of JSON up a
 * pipe: text for our stderr, and in the end that the container has started, or our exit code.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Instance } from '../../engine/index.js';
import { coverInheritedFds, createInstance, defaultRunBase, LOG_NAME, removeInstance } from '../../engine/index.js';
import type { CommandContext } from '../context.js';
import { EXIT_OK, EXIT_RUN_FAILED } from '../exit-code.js';
import { CommandFailure, UsageError } from '../failure.js';
import type { CliIo } from '../io.js';
import type { ParsedBuiltin } from '../program/parsed.js';
import { makeId } from './id.js';
import { SUPERVISE } from './supervise-word.js';

/** What a supervisor says. The first `started` or `failed` is its last. */
export type SupervisorMessage =
  | { readonly text: string }
  | { readonly started: true }
  /** The exit code; the reason came as text. */
  | { readonly failed: number };

const MAX_LAST_WORDS = 2000;

/** Where a supervisor finds the pipe. */
export const CHANNEL_FD = 3;

/** Where the records of detached containers are: beside the folders of runs. */
export function instanceBase({ env, user }: CliIo): string {
  return defaultRunBase(env.XDG_RUNTIME_DIR, tmpdir(), user.uid);
}

/**
 * Start a container and leave it running. Prints its id.
 *
 * @returns 0 when it runs; else the exit code of its supervisor, which has told why.
 * @throws UsageError for `--dry-run` and `--tty`; PluginError `ENGINE_FAILED` if the name is taken.
 */
export async function detach(context: CommandContext, { args, options }: ParsedBuiltin): Promise<number> {
  const { io } = context;
  if (options.has('dry-run')) throw new UsageError('--dry-run starts nothing that --detach could leave running');
  if (options.has('tty')) throw new UsageError('--tty needs a terminal, and --detach leaves none');
  const id = options.text('name') ?? makeId();
  // Until the container runs, a signal for us is one for it: from before there is a record, which a killed process would leave.
  let pass: (signal: NodeJS.Signals) => void = () => undefined;
  const unsubscribe = io.onSignal((signal) => pass(signal));
  let instance: Instance | undefined;
  let failed = true;
  try {
    instance = createInstance(instanceBase(io), { id, image: args[0]! });
    const child = spawnSupervisor(context, instance);
    pass = (signal) => void child.kill(signal);
    const exitCode = await verdictOf(child, context, instance);
    failed = exitCode !== EXIT_OK;
    if (!failed) io.stdout.write(`${id}\n`);
    return exitCode;
  } finally {
    unsubscribe();
    // As if it was never tried. A supervisor that could do so has done it itself.
    if (failed && instance !== undefined) removeInstance(instance);
  }
}

function spawnSupervisor({ io, argv }: CommandContext, { folder, record }: Instance): ChildProcess {
  const [node, script] = io.program;
  // Its own output is what Node says when it crashes; everything else goes through writers.
  const log = openSync(join(folder, LOG_NAME), 'a');
  const child = spawn(node, [script, SUPERVISE, record.id, ...argv], {
    cwd: io.cwd,
    env: io.env,
    // In a session of its own, which no terminal can hang up or interrupt.
    detached: true,
    stdio: ['ignore', log, log, 'pipe', ...coverInheritedFds(CHANNEL_FD + 1)],
  });
  closeSync(log);
  return child;
}

async function verdictOf(child: ChildProcess, { io }: CommandContext, { folder }: Instance): Promise<number> {
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  try {
    const exitCode = await listen(child.stdio[CHANNEL_FD] as Readable, (text) => io.stderr.write(text));
    if (exitCode !== undefined) return exitCode;
    const how = await ended;
    throw new CommandFailure(`The supervisor of the container ended too early: ${how}${lastWords(folder)}`, {
      exitCode: EXIT_RUN_FAILED,
    });
  } finally {
    child.unref();
    (child.stdio[CHANNEL_FD] as Readable).destroy();
    // Not waited for any more.
    ended.catch(() => undefined);
  }
}

/** What Node says when it crashes; empty for a supervisor that was killed. */
function lastWords(folder: string): string {
  const text = readFileSync(join(folder, LOG_NAME), 'utf8').trim();
  return text === '' ? '' : `\n${text.slice(-MAX_LAST_WORDS)}`;
}

/** @returns the exit code, or undefined if the supervisor ended without one. */
async function listen(channel: Readable, print: (text: string) => void): Promise<number | undefined> {
  let rest = '';
  try {
    for await (const chunk of channel.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const message = JSON.parse(line) as SupervisorMessage;
        if ('started' in message) return EXIT_OK;
        if ('failed' in message) return message.failed;
        print(message.text);
      }
    }
  } catch (error) {
    // A killed supervisor may reset it instead of ending it.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  return undefined;
}
