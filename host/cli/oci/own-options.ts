import { quote } from '../../errors/index.js';
import { UsageError } from '../failure.js';

/** What `setup` wrote into the runtime entry, for the parts of the command that engines start. */
export interface OwnOptions {
  /** Folder of the store; undefined: as for every other command. */
  readonly store: string | undefined;
  /** Folder for what one process of ours leaves for the next. Absolute. */
  readonly state: string;
  /** The real runtime. */
  readonly runtime: string;
  /** The program that the runtime shall call at a container's start and end. Absolute. */
  readonly hook: string | undefined;
  readonly pluginDeadline: string | undefined;
}

const NAMES = ['store', 'state', 'runtime', 'hook', 'plugin-deadline'] as const;

/**
 * Read our options, up to `--`; what follows belongs to somebody else.
 *
 * @throws UsageError for anything that is not ours before it.
 */
export function readOwnOptions(argv: readonly string[]): {
  readonly options: OwnOptions;
  readonly rest: readonly string[];
} {
  const seen = new Map<string, string>();
  if (!argv.includes('--')) throw notForPeople(argv[0] ?? '');
  let at = 0;
  for (; at < argv.length && argv[at] !== '--'; at += 2) {
    const name = NAMES.find((one) => `--${one}` === argv[at]);
    const value = argv[at + 1];
    if (name === undefined || value === undefined) {
      throw notForPeople(argv[at] as string);
    }
    seen.set(name, value);
  }
  return {
    options: {
      store: seen.get('store'),
      state: seen.get('state') ?? '/run/wasm-plugin',
      runtime: seen.get('runtime') ?? 'oci',
      hook: seen.get('hook'),
      pluginDeadline: seen.get('plugin-deadline'),
    },
    rest: argv.slice(at + 1),
  };
}

function notForPeople(word: string): UsageError {
  return new UsageError(
    `Cannot understand ${quote(word)}`,
    'Container engines start this, through what "wasm-plugin setup" writes',
  );
}
