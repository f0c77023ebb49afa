import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance, ProcessIdentity } from '../../engine/index.js';
import { isLive, lifeOf, statusOf } from '../../engine/index.js';
import { quote } from '../../errors/index.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-code.js';
import { CommandFailure, failed, hintOf, reasonOf, UsageError } from '../failure.js';
import type { ParsedBuiltin } from '../program/parsed.js';
import { instanceNamed } from './instance-named.js';

const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 86_400;
/** How long a killed container has until its supervisor is killed, too. Plugins have deadlines of their own, 5 seconds by default. */
const LAST_WORDS_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** `stop`: every name is tried; failed if one could not be ended. */
export const run: RunCommand = async (context, parsed) => {
  const graceMs = graceOf(parsed) * 1000;
  const results = await Promise.all(parsed.args.map((name) => stopOne(context, name, graceMs)));
  return results.every(Boolean) ? EXIT_OK : EXIT_FAILED;
};

function graceOf({ options }: ParsedBuiltin): number {
  const text = options.text('time');
  if (text === undefined) return DEFAULT_SECONDS;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= MAX_SECONDS)) {
    throw new UsageError(`--time ${quote(text)} is not a number of seconds from 0 to ${MAX_SECONDS}`);
  }
  return seconds;
}

async function stopOne({ io, log }: CommandContext, name: string, graceMs: number): Promise<boolean> {
  try {
    const code = await stop(() => instanceNamed(io, name), graceMs);
    io.stdout.write(`${name} exited with code ${code}\n`);
    return true;
  } catch (error) {
    const failure = error instanceof CommandFailure ? error : failed(`Failed to stop ${quote(name)}`, error);
    log.error(failure.message);
    const hint = hintOf(failure);
    if (hint !== undefined) log.hint(hint);
    return false;
  }
}

/** TERM, which the supervisor passes on as it does for `run`; then KILL for the container; then for the supervisor. */
async function stop(look: () => Instance, graceMs: number): Promise<number> {
  const { record } = look();
  if (isLive(record)) {
    kill(record.supervisor, 'SIGTERM');
    if (!(await ends(look, graceMs))) {
      const { init, supervisor } = look().record;
      if (init === undefined) kill(supervisor, 'SIGKILL');
      else kill(init, 'SIGKILL');
      if (!(await ends(look, LAST_WORDS_MS))) kill(supervisor, 'SIGKILL');
      await ends(look, LAST_WORDS_MS);
    }
  }
  const last = look().record;
  if (last.exit !== undefined) return last.exit.code;
  const status = statusOf(last);
  throw new CommandFailure(
    status === 'lost'
      ? `Container ${quote(last.id)} was killed together with its supervisor: nobody knows how it ended`
      : `Failed to stop ${quote(last.id)}: it is still ${status}.`,
    status === 'lost' ? { hint: 'Remove what is left: wasm-plugin cleanup' } : {},
  );
}

async function ends(look: () => Instance, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (isLive(look().record)) {
    if (performance.now() >= end) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function kill(process_: ProcessIdentity, signal: NodeJS.Signals): void {
  const life = lifeOf(process_);
  if (life === 'elsewhere') throw new CommandFailure('It was started in another pid namespace: stop it from there');
  if (life === 'gone') return;
  try {
    process.kill(process_.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw new Error(`cannot signal it: ${reasonOf(error)}`);
  }
}
