import type { CommandLoader } from '../command-line.js';
import type { RunCommand } from '../context.js';

type Module = { readonly run: RunCommand };

/** Where each built-in command lives. Loaded on demand, so that `disable` does not pay for the compiler. */
const MODULES: ReadonlyMap<string, () => Promise<Module>> = new Map([
  ['call', () => import('./call.js')],
  ['cleanup', () => import('./cleanup.js')],
  ['compile', () => import('./compile.js')],
  ['completion', () => import('./completion.js')],
  ['config', () => import('./config.js')],
  ['create', () => import('./create.js')],
  ['disable', () => import('./disable.js')],
  ['doctor', () => import('./doctor.js')],
  ['enable', () => import('./enable.js')],
  ['inspect', () => import('./inspect.js')],
  ['install', () => import('./install.js')],
  ['list', () => import('./list.js')],
  ['logs', () => import('./logs.js')],
  ['ps', () => import('./ps.js')],
  ['rollback', () => import('./rollback.js')],
  ['run', () => import('./run.js')],
  ['setup', () => import('./setup.js')],
  ['stop', () => import('./stop.js')],
  ['uninstall', () => import('./uninstall.js')],
  ['version', () => import('./version.js')],
]);

export const ALL_COMMANDS: CommandLoader = {
  async builtin(name) {
    const load = MODULES.get(name);
    if (load === undefined) throw new Error(`no module for the command ${name}`);
    return (await load()).run;
  },
  contributed: async () => (await import('./contributed.js')).runContributed,
};
