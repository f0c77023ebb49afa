/**
 * The built-in commands. Static data: `--help` and the completions come from here without loading what the commands do.
 */
import { GLOBAL_OPTIONS } from './global-options.js';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './spec.js';

const MANAGE = 'Manage plugins:';
const AUTHOR = 'Write plugins:';
const RUN = 'Run containers:';
const OTHER = 'Other:';

const JSON_OPTION: OptionSpec = { long: 'json', summary: 'print JSON' };
const ALL_OPTION: OptionSpec = { long: 'all', summary: 'every installed plugin' };
const GRANT_OPTION: OptionSpec = {
  long: 'grant',
  value: 'GRANT',
  repeat: true,
  summary: 'grant exactly this, such as env:SLURM_* or config:mounts (repeatable)',
};
const NAMES: ArgumentSpec = { name: 'NAME', kind: 'plugin', optional: true, repeat: true };
const NAME: ArgumentSpec = { name: 'NAME', kind: 'plugin' };

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'install',
    summary: 'show what a plugin asks for, ask, install and enable it',
    heading: MANAGE,
    grouped: true,
    arguments: [{ name: 'FILE', kind: 'file' }],
    options: [
      GRANT_OPTION,
      { long: 'yes', short: 'y', summary: 'do not ask; grant everything it requests unless --grant says what' },
      { long: 'order', value: 'N', summary: 'place among the plugins on one hook, low first (default 50)' },
      { long: 'optional', summary: 'containers start even when this plugin fails' },
      {
        long: 'overrides',
        value: 'NAME',
        kind: 'plugin',
        repeat: true,
        summary: 'may change what plugin NAME set (repeatable)',
      },
      { long: 'disabled', summary: 'install without enabling' },
      JSON_OPTION,
    ],
    details: [
      'Installing reads the file, it runs nothing of it before you agreed. A plugin can only do what you grant;',
      'everything else that it tries is denied. Installing over a plugin keeps whether it is enabled, its order and its settings.',
    ].join('\n'),
  },
  {
    name: 'list',
    summary: 'list installed plugins',
    heading: MANAGE,
    grouped: true,
    arguments: [],
    options: [{ long: 'long', short: 'l', summary: 'version, order, hooks and store as well' }, JSON_OPTION],
  },
  {
    name: 'inspect',
    summary: 'show an installed plugin or a plugin file, without running it',
    heading: MANAGE,
    grouped: true,
    arguments: [{ name: 'NAME|FILE', kind: 'plugin-or-file' }],
    options: [
      { long: 'long', short: 'l', summary: 'hooks, grants, imports, settings and digest as well' },
      JSON_OPTION,
    ],
  },
  {
    name: 'enable',
    summary: 'let installed plugins take part again',
    heading: MANAGE,
    grouped: true,
    arguments: [NAMES],
    options: [ALL_OPTION],
  },
  {
    name: 'disable',
    summary: 'keep plugins installed, and out of everything',
    heading: MANAGE,
    grouped: true,
    arguments: [NAMES],
    options: [ALL_OPTION],
  },
  {
    name: 'uninstall',
    summary: 'remove plugins',
    heading: MANAGE,
    grouped: true,
    arguments: [NAMES],
    options: [ALL_OPTION],
  },
  {
    name: 'rollback',
    summary: 'return to the version that was installed before',
    heading: MANAGE,
    grouped: true,
    arguments: [NAME],
    options: [],
  },
  {
    name: 'config',
    summary: 'show or change the settings of a plugin',
    heading: MANAGE,
    grouped: true,
    arguments: [NAME, { name: 'KEY=VALUE', kind: 'text', optional: true, repeat: true }],
    options: [{ long: 'unset', value: 'KEY', repeat: true, summary: 'back to the default (repeatable)' }, JSON_OPTION],
    details: 'A VALUE is read as the JSON type that the plugin declares for KEY.',
  },
  {
    name: 'create',
    summary: 'start a plugin project that compiles',
    heading: AUTHOR,
    grouped: true,
    arguments: [
      { name: 'DIR', kind: 'directory' },
      { name: 'NAME', kind: 'text' },
    ],
    options: [
      {
        long: 'lang',
        value: 'LANGUAGE',
        kind: ['assemblyscript'],
        summary: 'language of the plugin (default assemblyscript)',
      },
    ],
  },
  {
    name: 'compile',
    summary: 'build a plugin folder into a SIF file',
    heading: AUTHOR,
    grouped: true,
    arguments: [{ name: 'DIR', kind: 'directory' }],
    options: [
      { long: 'out', short: 'o', value: 'FILE', kind: 'file', summary: 'output file (default DIR/<basename>.sif)' },
    ],
  },
  {
    name: 'call',
    summary: 'call one hook of a plugin and print its answer',
    heading: AUTHOR,
    grouped: true,
    arguments: [
      { name: 'NAME|FILE', kind: 'plugin-or-file' },
      { name: 'HOOK', kind: 'hook' },
    ],
    options: [
      { long: 'input', short: 'i', value: 'JSON|-', summary: 'request as JSON, - reads it from stdin (default {})' },
      { long: 'raw', summary: 'request and answer are the bytes of the message' },
      { long: 'fuel', value: 'UNITS', summary: 'end the call after so much work (default: counted, not bounded)' },
      {
        long: 'isolation',
        value: 'MODE',
        kind: ['inline', 'thread'],
        summary: 'where the plugin runs (default inline; thread when it may use http)',
      },
      GRANT_OPTION,
    ],
    details: [
      'HOOK is a short name such as engine-config, or the full id of any exported interface. A file gets no grants but those given',
      'here, an installed plugin its own. Time, fuel, memory and calls to the host go to stderr.',
    ].join('\n'),
  },
  {
    name: 'run',
    summary: 'run a command in a container, with all enabled plugins',
    heading: RUN,
    extensible: true,
    passThrough: true,
    arguments: [
      { name: 'IMAGE', kind: 'file' },
      { name: 'COMMAND', kind: 'text', optional: true, repeat: true },
    ],
    options: [
      {
        long: 'bind',
        short: 'B',
        value: 'SRC[:DST[:OPTS]]',
        kind: 'file',
        repeat: true,
        summary: 'bind a path of the host (repeatable)',
      },
      {
        long: 'env',
        short: 'e',
        value: 'KEY[=VALUE]',
        repeat: true,
        summary: 'set a variable, or pass the caller’s on (repeatable)',
      },
      { long: 'hostname', value: 'NAME', summary: 'host name in the container' },
      { long: 'pwd', value: 'DIR', summary: 'working folder in the container' },
      { long: 'name', value: 'ID', summary: 'id of the container (default: made up)' },
      { long: 'tty', short: 't', summary: 'give it a terminal of its own' },
      { long: 'interactive', short: 'i', summary: 'nothing more: standard input is passed on without it as well' },
      { long: 'detach', summary: 'leave it running, print its id, and keep its output for "logs"' },
      {
        long: 'fakeroot',
        short: 'f',
        summary: 'be root inside, with the ids that /etc/subuid and /etc/subgid give you',
      },
      { long: 'read-only', summary: 'root file system cannot be written' },
      { long: 'unpack', summary: 'unpack an image file instead of mounting it' },
      {
        long: 'engine',
        value: 'ENGINE',
        kind: ['auto', 'builtin', 'crun', 'runc'],
        summary:
          'what starts the container: auto, the default, is the first that is installed (env WASM_PLUGIN_ENGINE)',
      },
      { long: 'dry-run', summary: 'print the final OCI config and who changed what, start nothing' },
      { long: 'json', summary: 'with --dry-run: one JSON object with config and changes' },
    ],
    details:
      'Options go before IMAGE; what follows it is for COMMAND. The exit code is the container’s; 125 is a failure of ours.',
  },
  {
    name: 'ps',
    summary: 'list your detached containers',
    heading: RUN,
    arguments: [],
    options: [{ long: 'all', short: 'a', summary: 'those that have exited as well' }, JSON_OPTION],
    details:
      'A container is lost if its supervisor was killed: it ended then, and nobody knows how. See "wasm-plugin cleanup".',
  },
  {
    name: 'stop',
    summary: 'end detached containers',
    heading: RUN,
    arguments: [{ name: 'NAME', kind: 'live-container', repeat: true }],
    options: [{ long: 'time', short: 't', value: 'SECONDS', summary: 'from SIGTERM to SIGKILL (default 10)' }],
  },
  {
    name: 'logs',
    summary: 'print what a detached container has printed',
    heading: RUN,
    arguments: [{ name: 'NAME', kind: 'container' }],
    options: [{ long: 'follow', short: 'f', summary: 'go on until it ends' }],
    details:
      'The last MiB or two are kept, stdout and stderr in one. On a terminal control characters are shown, not obeyed; a pipe gets the bytes.',
  },
  {
    name: 'cleanup',
    summary: 'remove what containers left behind that were killed, and say what',
    heading: RUN,
    arguments: [],
    options: [{ long: 'all', summary: 'logs and exit codes of those that have exited as well' }],
  },
  {
    name: 'setup',
    summary: 'let another engine run containers with plugins',
    heading: RUN,
    arguments: [{ name: 'ENGINE', kind: ['podman', 'containerd'] }],
    options: [
      { long: 'runtime', value: 'RUNTIME', kind: ['crun', 'runc'], summary: 'the real runtime, a name or a path' },
      { long: 'dir', value: 'DIR', kind: 'directory', summary: 'where to put the programs' },
      { long: 'config-dir', value: 'DIR', kind: 'directory', summary: 'where to put the drop-in of the engine' },
      { long: 'precreate', summary: 'podman: a hook for --hooks-dir, the runtime stays as it is' },
      { long: 'undo', summary: 'remove what the same command wrote' },
      { long: 'dry-run', summary: 'print what would be written or removed' },
      JSON_OPTION,
    ],
    details:
      'The engine then starts a small program before its runtime. Plugins are those of the store that is named or yours now.',
  },
  {
    name: 'doctor',
    summary: 'check engines, stores and plugins',
    heading: OTHER,
    grouped: true,
    arguments: [],
    options: [JSON_OPTION],
  },
  {
    name: 'version',
    summary: 'print the version',
    heading: OTHER,
    extensible: true,
    arguments: [],
    options: [JSON_OPTION],
  },
  {
    name: 'completion',
    summary: 'print a completion script',
    heading: OTHER,
    arguments: [{ name: 'SHELL', kind: ['bash', 'zsh', 'fish'] }],
    options: [],
    details: [
      'For example, in ~/.bashrc: source <(wasm-plugin completion bash)',
      'Names of plugins and containers are looked up when they are completed. Commands and flags of plugins are those of now: make the',
      'script again after an install, or make it with each shell as above.',
    ].join('\n'),
  },
];

/** The group that upstream keeps its plugin commands in. */
export const GROUP = 'plugin';
export const GROUP_ALIAS = 'plugins';

/** Words that a later version will need: a plugin that took one would lose it on the day of the upgrade. */
const RESERVED = ['keygen', 'oci', 'oci-hook', 'pull', 'push', 'sign', 'supervise', 'test', 'upgrade', 'verify'];

/** First words that plugins may not claim. */
export const TAKEN_WORDS: ReadonlySet<string> = new Set([
  ...COMMANDS.map(({ name }) => name),
  GROUP,
  GROUP_ALIAS,
  'help',
  ...RESERVED,
]);

export function findCommand(name: string): CommandSpec | undefined {
  return COMMANDS.find((command) => command.name === name);
}

/** `--out`, `-o` and so on: every spelling of these options. */
export function optionNames(options: readonly OptionSpec[]): ReadonlySet<string> {
  return new Set(options.flatMap(({ long, short }) => [`--${long}`, ...(short === undefined ? [] : [`-${short}`])]));
}

export const GLOBAL_OPTION_NAMES: ReadonlySet<string> = new Set([
  ...optionNames(GLOBAL_OPTIONS),
  '--help',
  '-h',
  '--version',
]);
