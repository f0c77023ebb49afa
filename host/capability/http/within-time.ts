import { Refusal } from '../answer.js';

/**
 * Run something that takes time, within bounds.
 *
 * @param timeoutMs - wall time from now.
 * @param outer - its abort ends the run too.
 * @param run - gets a signal that is aborted with a Refusal as its reason; it must settle then.
 * @throws Refusal `limit` when the time is up, `failed` when `outer` was aborted.
 */
export async function withinTime<T>(
  timeoutMs: number,
  outer: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const giveUp = (): void => ending.abort(new Refusal('failed', 'Cannot finish the request: nobody waits for it'));
  const timer = setTimeout(() => {
    ending.abort(new Refusal('limit', `Cannot finish the request: it took longer than ${timeoutMs} ms`));
  }, timeoutMs);
  outer.addEventListener('abort', giveUp);
  if (outer.aborted) {
    giveUp();
  }
  try {
    return await run(ending.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', giveUp);
  }
}
