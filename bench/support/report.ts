import type { BenchOptions } from './options.js';
import { formatMarkdown, formatTable } from './table.js';
import { describeMachine } from './versions.js';

/** What a benchmark found out. */
export interface Report {
  /** npm packages whose versions matter. */
  readonly packages?: readonly string[];
  /** How the figures were taken, beyond the number of rounds. */
  readonly note: string;
  /** Each table's first row is its head. */
  readonly tables: readonly (readonly (readonly string[])[])[];
  /** Everything that was measured, for `--json`. */
  readonly samples: Readonly<Record<string, unknown>>;
}

/** A report as the command line asked for it. */
export function formatReport(options: BenchOptions, { packages = [], note, tables, samples }: Report): string {
  const machine = describeMachine(packages);
  if (options.output === 'json') {
    return `${JSON.stringify({ machine, rounds: options.rounds, quick: options.quick, ...samples }, null, 2)}\n`;
  }
  const how = `${options.rounds} rounds, medians; ${note}${options.quick ? '; QUICK: not a measurement' : ''}`;
  const lines = [...machine, how];
  return options.output === 'markdown'
    ? `${lines.map((line) => `- ${line}`).join('\n')}\n\n${tables.map(formatMarkdown).join('\n')}`
    : `${lines.join('\n')}\n\n${tables.map(formatTable).join('\n')}`;
}
