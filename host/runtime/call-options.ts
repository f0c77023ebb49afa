import type { CallOptions } from '../sandbox/index.js';
import { LIMITS } from './limits.js';

/** What the options of a call are held against. */
export interface CallLimits {
  readonly deadlineMs: number;
  /** Undefined where fuel is not counted. */
  readonly fuel: number | undefined;
}

/**
 * Check what an embedder gave for one call.
 *
 * A bound above the plugin's own is refused rather than cut: whoever writes it believes that it holds.
 *
 * @throws TypeError for an unknown key, a value of the wrong kind, or fuel where it is not counted; RangeError for a number out
 *   of bounds.
 */
export function checkCallOptions(options: CallOptions, limits: CallLimits): void {
  const { signal, deadlineMs, fuel } = options;
  const unknown = Object.keys(options).find((key) => key !== 'signal' && key !== 'deadlineMs' && key !== 'fuel');
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot call a plugin: unknown option ${JSON.stringify(unknown)} (known: signal, deadlineMs, fuel)`,
    );
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Cannot call a plugin: signal must be an AbortSignal, not ${String(signal)}`);
  }
  if (deadlineMs !== undefined) {
    checkBound('deadlineMs', deadlineMs, limits.deadlineMs);
  }
  if (fuel !== undefined) {
    if (limits.fuel === undefined) {
      throw new TypeError('Cannot call a plugin: its fuel is not counted; load it with limits.fuel');
    }
    checkBound('fuel', fuel, limits.fuel);
  }
}

function checkBound(name: 'deadlineMs' | 'fuel', value: unknown, most: number): void {
  if (typeof value !== 'number') {
    throw new TypeError(`Cannot call a plugin: ${name} must be a number, not ${String(value)}`);
  }
  const least = LIMITS[name].least ?? 0;
  if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
    throw new RangeError(
      `Cannot call a plugin: ${name} must be a whole number from ${least} to ${most}, the plugin's limit, not ${value}`,
    );
  }
}
