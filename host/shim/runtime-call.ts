/**
 * The command line of an OCI runtime, as engines write it: `--log F --log-format json create --bundle B --pid-file P ID`.
 *
 * crun reads it with getopt, runc with a parser of Go's; both spellings of a value (`--log F`, `--log=F`) are taken. Only what the
 * plugins' part needs is kept, the real runtime gets the words untouched.
 */

export interface RuntimeCall {
  /** `create`, `run`, `exec`, …; undefined if the line has none. */
  readonly command: string | undefined;
  /** `--root`: where the runtime keeps its state. */
  readonly root: string | undefined;
  readonly log: string | undefined;
  readonly logFormat: 'json' | 'text';
  /** First word after the command. */
  readonly id: string | undefined;
  /** As it was given; default `.`. */
  readonly bundle: string;
  /** crun's `--config`: another name for config.json. */
  readonly config: string;
  /** Of `exec`: the file with the process to start. */
  readonly process: string | undefined;
}

/** Options that take a value, by long name; the letter is the short one. */
type Options = Readonly<Record<string, string | undefined>>;

const GLOBAL: Options = {
  'cgroup-manager': undefined,
  criu: undefined,
  log: undefined,
  'log-format': undefined,
  'log-level': undefined,
  root: undefined,
  rootless: undefined,
};
const CREATE: Options = {
  bundle: 'b',
  config: 'f',
  'console-socket': undefined,
  'pid-file': undefined,
  'preserve-fds': undefined,
};
const EXEC: Options = {
  'additional-gids': 'g',
  apparmor: undefined,
  cap: 'c',
  cgroup: undefined,
  'console-socket': undefined,
  cwd: undefined,
  env: 'e',
  'pid-file': undefined,
  'preserve-fds': undefined,
  process: 'p',
  'process-label': undefined,
  user: 'u',
};

/** Of these the options are known; of any other command only its name. */
const COMMANDS: ReadonlyMap<string, Options> = new Map([
  ['create', CREATE],
  ['run', CREATE],
  ['exec', EXEC],
]);

/** Read the words after the runtime's own name. Never fails: what is not understood is passed over. */
export function parseRuntimeCall(argv: readonly string[]): RuntimeCall {
  const seen = new Map<string, string>();
  const at = skipOptions(argv, 0, GLOBAL, seen);
  const command = argv[at];
  const options = command === undefined ? undefined : COMMANDS.get(command);
  return {
    command,
    id: options === undefined ? undefined : argv[skipOptions(argv, at + 1, options, seen)],
    root: seen.get('root'),
    log: seen.get('log'),
    logFormat: seen.get('log-format') === 'json' ? 'json' : 'text',
    bundle: seen.get('bundle') ?? '.',
    config: seen.get('config') ?? 'config.json',
    process: seen.get('process'),
  };
}

/** @returns where the first word that is no option stands. */
function skipOptions(argv: readonly string[], start: number, options: Options, seen: Map<string, string>): number {
  let at = start;
  while (at < argv.length) {
    const token = argv[at] as string;
    if (token === '--') {
      return at + 1;
    }
    if (!token.startsWith('-') || token === '-') {
      return at;
    }
    const { name, value } = readOption(token, options);
    at += 1;
    if (name === undefined) {
      continue;
    }
    seen.set(name, value ?? argv[at] ?? '');
    at += value === undefined ? 1 : 0;
  }
  return at;
}

/** @returns no name for an option without a value, or one that is not known. */
function readOption(token: string, options: Options): { readonly name?: string; readonly value?: string } {
  // Go's parser takes one dash for two.
  const text = token.replace(/^--?/, '');
  const equals = text.indexOf('=');
  const long = equals === -1 ? text : text.slice(0, equals);
  if (Object.hasOwn(options, long)) {
    return equals === -1 ? { name: long } : { name: long, value: text.slice(equals + 1) };
  }
  const short = token.startsWith('--') ? undefined : Object.entries(options).find(([, letter]) => letter === text[0]);
  if (short === undefined) {
    return {};
  }
  return text.length === 1 ? { name: short[0] } : { name: short[0], value: text.slice(1).replace(/^=/, '') };
}
