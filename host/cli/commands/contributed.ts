import { quote } from '../../errors/index.js';
import { launchContainer, prepareContainer } from '../container/launch.js';
import { requestFromPlugin } from '../container/request.js';
import type { CommandContext } from '../context.js';
import { EXIT_FAILED, EXIT_RUN_FAILED } from '../exit-code.js';
import { failed, UsageError } from '../failure.js';
import type { ParsedContributed } from '../program/parsed.js';
import { betweenPhases } from './phases.js';

/**
 * Run a command that a plugin contributed; its exit code is ours. If it asks for a container, the container's is.
 *
 * @throws UsageError for flags or a number of arguments that the manifest does not allow; CommandFailure if the plugin failed.
 */
export async function runContributed(context: CommandContext, parsed: ParsedContributed): Promise<number> {
  const { plugin, path, command, flags } = parsed.contributed;
  const words = path.join(' ');
  checkArguments(words, parsed.args.length, command);
  let failureCode = EXIT_FAILED;
  try {
    return await betweenPhases(context, parsed, words, flags, {}, async (session, call, { flagsOf }) => {
      const entry = session.entries.find(({ name }) => name === plugin);
      if (entry === undefined) throw new Error(`plugin ${plugin} is gone`);
      const { exitCode, run, grants } = await session.dispatcher.contributed(entry, call);
      if (run === undefined) return exitCode;
      failureCode = EXIT_RUN_FAILED;
      const request = requestFromPlugin(plugin, run, parsed.args, grants);
      return launchContainer(context, session, await prepareContainer(context, session, request, flagsOf));
    });
  } catch (error) {
    throw failed(`Failed to run command ${quote(words)}`, error, { exitCode: failureCode });
  }
}

interface Arity {
  readonly minArgs?: number | undefined;
  readonly maxArgs?: number | undefined;
}

function checkArguments(path: string, count: number, { minArgs = 0, maxArgs = Number.POSITIVE_INFINITY }: Arity): void {
  if (count >= minArgs && count <= maxArgs) return;
  const what = quote(`wasm-plugin ${path}`);
  throw new UsageError(
    `Wrong usage of ${what}: it takes ${range(minArgs, maxArgs)}, not ${count}`,
    `Run "wasm-plugin ${path} --help" to see what it takes`,
  );
}

function range(min: number, max: number): string {
  if (max === 0) return 'no arguments';
  if (min === max) return counted(min);
  if (max === Number.POSITIVE_INFINITY) return `at least ${counted(min)}`;
  return min === 0 ? `at most ${counted(max)}` : `${min} to ${counted(max)}`;
}

function counted(count: number): string {
  return count === 1 ? '1 argument' : `${count} arguments`;
}
