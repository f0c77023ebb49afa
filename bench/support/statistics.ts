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

/** The value that `share` of all values do not pass; the greatest for 1. NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The mean that fits ratios: doubling and halving cancel out. NaN for none. */
export function geometricMean(ratios: readonly number[]): number {
  return ratios.length === 0
    ? Number.NaN
    : Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

/** One value at one time. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How steeply `y` grows with `x`, by least squares; 0 where nothing moves along `x`. */
export function slope(points: readonly Point[]): number {
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
