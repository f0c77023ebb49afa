/** The middle value; of an even number of values the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) {
    return sorted[middle]!;
  }
  return sorted.length === 0 ? Number.NaN : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * How many times `values` are `base`: the ratio within each interleaved round, where both met the same state of the machine,
 * and then the median of those. NaN for no rounds.
 */
export function ratio(values: readonly number[], base: readonly number[]): number {
  return median(values.map((value, round) => value / (base[round] ?? Number.NaN)));
}

/** One contender's figures in one cell of a table. */
export interface Summary {
  /** Median, in the unit of the samples. */
  readonly value: number;
  readonly ratio: number;
}

/**
 * Sum up interleaved rounds.
 *
 * @param samples - by contender, one sample a round, the same number for each.
 * @param baseline - the contender that the ratios refer to.
 */
export function summarize(
  samples: ReadonlyMap<string, readonly number[]>,
  baseline: string,
): ReadonlyMap<string, Summary> {
  const base = samples.get(baseline) ?? [];
  return new Map([...samples].map(([name, values]) => [name, { value: median(values), ratio: ratio(values, base) }]));
}
