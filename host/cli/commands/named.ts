/** Several names or `--all`, one plugin after the other, each with its own failure. */
import { quote } from '../../errors/index.js';
import type { Store } from '../../store/index.js';
import type { CommandContext } from '../context.js';
import { EXIT_FAILED, EXIT_OK } from '../exit-code.js';
import type { CommandFailure } from '../failure.js';
import { failed, UsageError } from '../failure.js';
import type { ParsedBuiltin } from '../program/parsed.js';
import { notFound } from './not-found.js';

/**
 * Run `action` for each plugin that the command line names.
 *
 * A failure is reported and the others still get their turn: an operator who switches ten plugins off wants nine off rather
 * than none.
 *
 * @param verb - `enable`, for `Failed to enable plugin "x"`.
 * @returns the exit code: failed if one failed.
 */
export async function forEachNamed(
  context: CommandContext,
  { args, options, spec }: ParsedBuiltin,
  action: (store: Store, name: string) => Promise<void>,
): Promise<number> {
  const all = options.has('all');
  if (all && args.length > 0) throw new UsageError('--all and names of plugins exclude each other');
  if (!all && args.length === 0) throw new UsageError(`Name a plugin to ${spec.name}, or give --all`);
  const store = context.stores.writable(spec.name);
  const names = all ? store.list().map(({ name }) => name) : [...new Set(args)];
  let exitCode = EXIT_OK;
  for (const name of names) {
    try {
      await action(store, name);
    } catch (error) {
      report(context, failed(`Failed to ${spec.name} plugin ${quote(name)}`, explain(context, store, name, error)));
      exitCode = EXIT_FAILED;
    }
  }
  return exitCode;
}

function report({ log, globals }: CommandContext, failure: CommandFailure): void {
  log.error(failure.message);
  if (failure.hint !== undefined) log.hint(failure.hint);
  if (globals.debug && failure.cause instanceof Error) log.debug(failure.cause.stack ?? '');
}

/** Upstream's words for a plugin that is not there, and more where it is only somewhere else. */
function explain(context: CommandContext, store: Store, name: string, error: unknown): unknown {
  return notFound(error, context.stores, store, name) ?? error;
}
