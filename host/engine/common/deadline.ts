import { setTimeout as sleep } from 'node:timers/promises';

/** Some 25 days. A timer for longer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Wait for `promise`, but not for ever.
 *
 * @param ms - more than a timer can count, `Infinity` too: as long as it takes. The event loop stays alive for as long as it waits.
 * @param late - makes the error for a promise that is not settled by then; whatever comes of it later is dropped.
 */
export async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  if (ms > MAX_TIMER_MS) {
    return promise;
  }
  const over = new AbortController();
  try {
    const timeout = sleep(ms, undefined, { signal: over.signal }).then(() => {
      throw late();
    });
    return await Promise.race([promise, timeout]);
  } finally {
    over.abort();
  }
}
