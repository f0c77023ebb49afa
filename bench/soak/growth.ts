/** Whether a process that works at an even pace keeps growing. */
import { median, slope } from '../support/statistics.js';
import type { RssSample } from './part.js';

const MIB = 1024 * 1024;

/** Collections come when they come, and allocators keep what they had: a resident set moves by so much without growing. */
const BAND_BYTES = 8 * MIB;
const BAND_SHARE = 0.05;

export interface Growth {
  /** Median of the second half. */
  readonly level: number;
  readonly peak: number;
  /** What the least-squares line through the second half rises from its start to its end. */
  readonly risen: number;
  /** The median of the last tenth less that of the second tenth: the first one warms up. */
  readonly gained: number;
  /** What both may be at most. */
  readonly band: number;
  readonly flat: boolean;
}

/**
 * Judge samples of one run, in the order of time.
 *
 * Flat means: neither the line through the second half nor the difference between the run's beginning and its end, warming up left
 * out, rises by more than the band, which is 8 MiB or 5 % of the median, whichever is more.
 */
export function judgeGrowth(samples: readonly RssSample[]): Growth {
  const bytes = samples.map((sample) => sample.bytes);
  const half = samples.slice(samples.length >> 1);
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const level = median(half.map((sample) => sample.bytes));
  const time = (half.at(-1)?.seconds ?? 0) - (half[0]?.seconds ?? 0);
  const risen = time * slope(half.map((sample) => ({ x: sample.seconds, y: sample.bytes })));
  const gained = median(bytes.slice(-tenth)) - median(bytes.slice(tenth, 2 * tenth));
  const band = Math.max(BAND_BYTES, BAND_SHARE * level);
  return { level, peak: Math.max(...bytes), risen, gained, band, flat: risen <= band && gained <= band };
}
