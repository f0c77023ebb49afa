import type { OptionSpec } from './spec.js';

/** Options of every command, before or after its name. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    long: 'store',
    value: 'DIR',
    kind: 'directory',
    summary: 'use the plugins installed in DIR (env WASM_PLUGIN_STORE)',
  },
  { long: 'system', summary: 'use the system store, /var/lib/wasm-plugin' },
  { long: 'user', summary: 'use your own store, also as root' },
  {
    long: 'plugin-deadline',
    value: 'MS',
    summary: 'end a call of a plugin after MS milliseconds, 5000 by default (env WASM_PLUGIN_DEADLINE)',
  },
  { long: 'debug', short: 'd', summary: 'print debugging information, with stack traces' },
  { long: 'verbose', short: 'v', summary: 'print more' },
  { long: 'quiet', short: 'q', summary: 'print warnings and errors only' },
  { long: 'silent', short: 's', summary: 'print errors only' },
  { long: 'no-color', summary: 'print without colour (env NO_COLOR)' },
  { long: 'nocolor', summary: 'as Apptainer spells --no-color', hidden: true },
];

/** The global options as the commands see them. */
export interface Globals {
  readonly store: string | undefined;
  readonly system: boolean;
  readonly user: boolean;
  /** As it was typed; see plugin-deadline.ts. */
  readonly pluginDeadline: string | undefined;
  readonly debug: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly silent: boolean;
  readonly noColor: boolean;
}
