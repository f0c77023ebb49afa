/** What every decoder of foreign bytes promises: a value or a PluginError, in bounded time and memory. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { PluginError } from '../../host/errors/index.js';

/** Time of the processor for one input: what else the machine does is not counted. */
const TIME_MS = 3000;
const MIB = 1024 * 1024;
/** What a decoder's tables and the garbage of earlier inputs may take, whatever the input. */
const SLACK_BYTES = 96 * MIB;
/** Bytes of memory for each byte of input; one byte can be an empty map of a message. */
const BYTES_EACH = 512;

/** Where a manifest has many problems, as many as fit are said. */
const MAX_MESSAGE_CHARS = 20_000;

export type Outcome = 'value' | PluginError['code'];

/** Fuzz tests look this many times as long: `FUZZ_RUNS=1000` for a night. */
const FUZZ_RUNS = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
/** What a failed run printed, to repeat it. */
const SEED = process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) };

/** Run a property `runs` times, or as many times that as `FUZZ_RUNS` says. */
export function fuzz<T>(runs: number, arbitrary: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, check), { numRuns: runs * FUZZ_RUNS, ...SEED });
}

/**
 * Decode one input.
 *
 * @param size - of the input, in bytes or characters.
 * @returns `value`, or the code of the PluginError. Anything else that is thrown, a bug of the host, too much time or too much memory
 *   fails the test.
 */
export function bounded(size: number, decode: () => unknown): Outcome {
  const memory = inUse();
  const start = process.cpuUsage();
  const result = outcomeOf(decode);
  expect(process.cpuUsage(start).user / 1000, 'milliseconds').toBeLessThan(TIME_MS);
  expect(inUse() - memory, 'bytes').toBeLessThan(SLACK_BYTES + size * BYTES_EACH);
  return result;
}

function outcomeOf(decode: () => unknown): Outcome {
  try {
    decode();
    return 'value';
  } catch (error) {
    if (!(error instanceof PluginError) || error.code === 'HOST_BUG') {
      throw error;
    }
    // It ends up on one line of a terminal or a log.
    expect(error.message.length).toBeLessThanOrEqual(MAX_MESSAGE_CHARS);
    expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    return error.code;
  }
}

function inUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
