import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Wait for `promise`, but not for ever.
 *
 * @param ms - `Infinity`: as long as it takes. The event loop stays alive for as long as it waits.
 * @param late - makes the error for a promise that is not settled by then; whatever comes of it later is dropped.
 */
export async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) {
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
