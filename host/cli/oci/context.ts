import type { CommandContext } from '../context.js';
import { NO_CONTRIBUTIONS } from '../flags/contributions.js';
import { readContributions } from '../flags/installed.js';
import type { CliIo } from '../io.js';
import { createStores } from '../stores.js';
import { createLog, LOG_NORMAL } from '../terminal/log.js';
import { createLogFile } from './log-file.js';
import type { OwnOptions } from './own-options.js';

/** What a command works with, for a process that an engine started: its lines go to a file, since its streams are the container's. */
export function ociContext(options: OwnOptions, io: CliIo, id: string): CommandContext {
  const log = createLog(createLogFile(options.state, id), { level: LOG_NORMAL, colour: false });
  const globals = {
    store: options.store,
    system: false,
    user: false,
    pluginDeadline: options.pluginDeadline,
    debug: false,
    verbose: false,
    quiet: false,
    silent: false,
    noColor: true,
  };
  return { argv: [], io, log, globals, stores: createStores(globals, io), contributions: NO_CONTRIBUTIONS };
}

/** The same with the flags that plugins add to `run`: here they are set by annotations. */
export function withContributions(context: CommandContext): CommandContext {
  const contributions = readContributions(context.stores, (command) => command === 'run');
  for (const warning of contributions.warnings) context.log.warning(warning);
  return { ...context, contributions };
}
