import { formatFraction } from './table.js';

/** One target, and what was measured for it. */
export interface Verdict {
  readonly what: string;
  /** NaN, which meets nothing, where it was not measured. */
  readonly measured: number;
  /** Greatest value that meets it. */
  readonly atMost?: number;
  /** Least value that meets it. */
  readonly atLeast?: number;
  /** Default: as a ratio. */
  readonly format?: (value: number) => string;
}

/** Rows for a table: what is asked for, what was measured, whether that is enough. */
export function verdictRows(verdicts: readonly Verdict[]): string[][] {
  const body = verdicts.map(({ what, measured, atMost, atLeast, format = formatFraction }) => {
    const met = (atMost === undefined || measured <= atMost) && (atLeast === undefined || measured >= atLeast);
    const bounds = [
      ...(atMost === undefined ? [] : [`at most ${format(atMost)}`]),
      ...(atLeast === undefined ? [] : [`at least ${format(atLeast)}`]),
    ];
    return [what, format(measured), bounds.join(', '), met ? 'met' : 'MISSED'];
  });
  return [['target', 'measured', 'wanted', ''], ...body];
}
