/** Whether a process that works at an even pace keeps growing. */
import { median, slope } from '../support/statistics.js';

const MIB = 1024 * 1024;

/** By how much memory may move without growing: so many bytes, or so large a share of it, whichever is more. */
export interface Band {
  readonly bytes: number;
  readonly share: number;
}

/** Collections come when they come, and allocators keep what they had. */
export const RESIDENT_BAND: Band = { bytes: 8 * MIB, share: 0.05 };
/** A thread more or less has some 7 MiB. */
export const RESIDENT_BAND_WITH_THREADS: Band = { bytes: 16 * MIB, share: 0.05 };
/** What is held after a collection moves little. */
export const HELD_BAND: Band = { bytes: MIB, share: 0.05 };

/** How much memory there was at one time. */
export interface Amount {
  readonly seconds: number;
  readonly bytes: number;
}

export interface Growth {
  readonly first: number;
  /** Median of the second half. */
  readonly level: number;
  readonly peak: number;
  /** What the least-squares line through the second half rises from its start to its end. */
  readonly risen: number;
  /** The median of the last quarter less that of the second one: the first one warms up, and shorter stretches may meet a trough. */
  readonly gained: number;
  /** What both may be at most. */
  readonly band: number;
  readonly flat: boolean;
}

/**
 * Judge samples of one run, in the order of time.
 *
 * Flat means: neither the line through the second half nor the difference between the run's beginning and its end, warming up left
 * out, is more than the band.
 */
export function judgeGrowth(samples: readonly Amount[], { bytes: least, share }: Band): Growth {
  const bytes = samples.map((sample) => sample.bytes);
  const half = samples.slice(samples.length >> 1);
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const level = median(half.map((sample) => sample.bytes));
  const time = (half.at(-1)?.seconds ?? 0) - (half[0]?.seconds ?? 0);
  const risen = time * slope(half.map((sample) => ({ x: sample.seconds, y: sample.bytes })));
  const gained = median(bytes.slice(-quarter)) - median(bytes.slice(quarter, 2 * quarter));
  const band = Math.max(least, share * level);
  return {
    first: bytes[0] ?? Number.NaN,
    level,
    peak: Math.max(...bytes),
    risen,
    gained,
    band,
    flat: risen <= band && gained <= band,
  };
}
