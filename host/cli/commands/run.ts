import { PluginError, quote } from '../../errors/index.js';
import { formatChanges } from '../container/changes.js';
import { detach } from '../container/detach.js';
import type { Prepared } from '../container/launch.js';
import { launchContainer, prepareContainer } from '../container/launch.js';
import { requestFromOptions } from '../container/request.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_NOT_FOUND, EXIT_OK, EXIT_RUN_FAILED } from '../exit-code.js';
import { CommandFailure, failed, UsageError } from '../failure.js';
import type { ParsedBuiltin } from '../program/parsed.js';
import { missingImageHint } from './missing-image.js';
import { withPhases } from './phases.js';
import { printJson } from './print-json.js';

/** `run`: the container's exit code, or 125 if we failed. */
export const run: RunCommand = async (context, parsed) => {
  const image = parsed.args[0]!;
  const { supervised } = context.io;
  checkWords(parsed);
  try {
    if (parsed.options.has('detach') && supervised === undefined) return await detach(context, parsed);
    return await withPhases(context, parsed, { image }, async (session, { args, flagsOf }) => {
      checkImage(image, args[0]);
      const dryRun = parsed.options.has('dry-run');
      const typed = requestFromOptions(args, parsed.options);
      const request = supervised === undefined ? typed : { ...typed, name: supervised.id };
      const prepared = await prepareContainer(context, session, request, flagsOf, dryRun);
      if (!dryRun) {
        const exitCode = await launchContainer(context, session, prepared);
        if (exitCode === EXIT_NOT_FOUND && args[1]?.startsWith('-') === true) {
          context.log.hint('Options of run stand before IMAGE: what follows it is the command');
        }
        return exitCode;
      }
      printDryRun(context, parsed, prepared);
      return EXIT_OK;
    });
  } catch (error) {
    throw error instanceof CommandFailure
      ? error
      : failed(`Failed to run ${quote(image)}`, error, {
          exitCode: EXIT_RUN_FAILED,
          hint: missingImageHint(error, image, context),
        });
  }
};

/** Words that cannot be meant so: an empty one comes from a variable that is not set, and would mean the working folder. */
function checkWords({ args, options }: ParsedBuiltin): void {
  if (args[0] === '') throw new UsageError('IMAGE is empty', 'Name a folder or a file');
  for (const name of ['name', 'hostname', 'engine', 'pwd']) {
    if (options.text(name) === '') throw new UsageError(`--${name} is empty`);
  }
  if (options.has('json') && !options.has('dry-run')) {
    throw new UsageError('--json says how --dry-run prints, and --dry-run was not given');
  }
}

/** A plugin that may change the command must not get another root for it: `/` would be the host's own. */
function checkImage(typed: string, now: string | undefined): void {
  if (now !== typed) {
    throw new PluginError(
      'CONFIG_DENIED',
      `a plugin put the image ${quote(now ?? '')} in place of ${quote(typed)}; config:args is for the command alone`,
    );
  }
}

function printDryRun({ io, log }: CommandContext, { options }: ParsedBuiltin, { config, changes }: Prepared): void {
  if (options.has('json')) {
    printJson(io, { config, changes });
    return;
  }
  printJson(io, config);
  if (changes.length === 0) log.info('No plugin changed anything');
  for (const line of formatChanges(changes)) log.info(line);
}
