import { parseArgs } from 'node:util';

/** Options that both benchmarks take. */
export interface BenchOptions {
  /** Samples of each contender. */
  readonly rounds: number;
  /** Few rounds and few calls: to see that it works, not to measure. */
  readonly quick: boolean;
  readonly output: 'text' | 'json' | 'markdown';
}

/**
 * Read the command line; print the usage and end the process where it cannot be read.
 *
 * @param usage - what the benchmark does, one line.
 * @param defaults - rounds without and with `--quick`.
 */
export function readOptions(
  usage: string,
  defaults: { readonly rounds: number; readonly quickRounds: number },
): BenchOptions {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(help(usage, defaults.rounds));
      process.exit(0);
    }
    const rounds = Number(values.rounds ?? (values.quick ? defaults.quickRounds : defaults.rounds));
    if (!Number.isInteger(rounds) || rounds < 1) {
      throw new TypeError(`--rounds must be a whole number above 0, not ${values.rounds}`);
    }
    return { rounds, quick: values.quick, output: values.json ? 'json' : values.markdown ? 'markdown' : 'text' };
  } catch (error) {
    process.stderr.write(`ERROR:   ${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write(help(usage, defaults.rounds));
    process.exit(2);
  }
}

function help(usage: string, rounds: number): string {
  return `${usage}

  --rounds N   samples of each contender, taken in turn (default ${rounds})
  --quick      few rounds and calls: shows that it works, measures nothing
  --json       all samples as JSON
  --markdown   the tables as Markdown
`;
}
