/** Who is served by which thread, with threads that do what the test says; with real ones, see test/contract/pool.test.ts. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  type FakeThread,
  fakeThread,
  type TestPoolOptions,
  threadPool,
  trap,
} from '../../test/support/fake-instances.js';
import { rejected } from '../../test/support/thrown.js';
import { PluginError } from '../errors/index.js';

const HOOK = 'acme:echo/echo@1.0.0';

/** A pool whose threads start at once, or when the test says so. */
function poolOf(options: TestPoolOptions = {}, starts: 'at once' | 'by hand' = 'at once') {
  const threads: FakeThread[] = [];
  const starting: { ready: () => FakeThread; fail: (error: Error) => void; signal: AbortSignal }[] = [];
  const made = threadPool((signal) => {
    const thread = fakeThread();
    if (starts === 'at once') {
      threads.push(thread);
      return Promise.resolve(thread);
    }
    return new Promise((resolve, reject) => {
      const ready = (): FakeThread => {
        threads.push(thread);
        resolve(thread);
        return thread;
      };
      starting.push({ ready, fail: reject, signal });
    });
  }, options);
  const call = (byte: number, signal?: AbortSignal) => made.pool.call(HOOK, Uint8Array.of(byte), { signal });
  return { ...made, threads, starting, call };
}

/** The byte of each call that runs, by thread. */
const running = (threads: readonly FakeThread[]): number[][] =>
  threads.map((thread) => thread.running.map(({ request }) => request[0]!));

describe('calls', () => {
  test('are spread over as many instances as the pool has, and wait in order for more', async () => {
    const { call, threads } = poolOf({ pool: { size: 2 } });
    const answers = [1, 2, 3, 4].map((byte) => call(byte));
    await turn();
    expect(running(threads)).toEqual([[1], [2]]);
    threads[1]?.running[0]?.answer();
    await turn();
    expect(running(threads)).toEqual([[1], [2, 3]]);
    threads[0]?.running[0]?.answer();
    await turn();
    expect(running(threads)).toEqual([
      [1, 4],
      [2, 3],
    ]);
    threads[0]?.running[1]?.answer();
    threads[1]?.running[1]?.answer();
    expect((await Promise.all(answers)).map(({ payload }) => payload[0])).toEqual([1, 2, 3, 4]);
  });

  test('one after the other stay with one instance', async () => {
    const { call, threads } = poolOf({ pool: { size: 4 } });
    for (let byte = 0; byte < 5; byte++) {
      const answer = call(byte);
      await turn();
      threads[0]?.running[byte]?.answer();
      await answer;
    }
    expect(threads).toHaveLength(1);
  });

  test('reach an instance that is ready at once, before the caller goes on', async () => {
    const { pool, call, threads } = poolOf();
    const first = call(1);
    await turn();
    threads[0]?.running[0]?.answer();
    await first;
    const request = Uint8Array.of(2);
    const second = pool.call(HOOK, request);
    expect(running(threads)).toEqual([[1, 2]]);
    threads[0]?.running[1]?.answer();
    await second;
  });

  test('that wait keep their request as it was', async () => {
    const { pool, threads } = poolOf();
    const request = Uint8Array.of(1);
    const answer = pool.call(HOOK, request);
    request.fill(9);
    await turn();
    threads[0]?.running[0]?.answer();
    expect((await answer).payload).toEqual(Uint8Array.of(1));
  });

  test('without a promise are a mistake, which says what to use', () => {
    const { pool } = poolOf();
    expect(() => pool.callSync(HOOK)).toThrow(TypeError);
    expect(() => pool.callSync(HOOK)).toThrow(/use call or callRaw, or load the plugin with isolation: 'inline'/);
  });

  test('above maxQueued are refused, instances that start not counted', async () => {
    const { call, threads } = poolOf({ pool: { size: 2, maxQueued: 1 } });
    const answers = [1, 2, 3].map((byte) => call(byte));
    expect((await rejected(call(4))).code).toBe('LIMIT_EXCEEDED');
    await turn();
    threads[0]?.running[0]?.answer();
    threads[1]?.running[0]?.answer();
    await turn();
    threads
      .flatMap((thread) => thread.running)
      .forEach((call) => {
        call.answer();
      });
    await Promise.all(answers);
  });
});

describe('a start', () => {
  test('that fails fails the first in line, and the next is tried for the second', async () => {
    const { call, starting, ledger } = poolOf({}, 'by hand');
    const first = call(1);
    const second = call(2);
    starting[0]?.fail(trap());
    expect((await rejected(first)).code).toBe('GUEST_TRAP');
    await turn();
    const thread = starting[1]!.ready();
    await turn();
    thread.running[0]?.answer();
    expect((await second).payload).toEqual(Uint8Array.of(2));
    expect(ledger.totals()).toMatchObject({ calls: 2, failures: 1, deaths: 1, instances: 1 });
  });

  test('outlives a caller who gives up, and serves the next', async () => {
    const { call, starting, threads } = poolOf({}, 'by hand');
    const controller = new AbortController();
    const first = call(1, controller.signal);
    controller.abort();
    expect((await rejected(first)).code).toBe('CALL_ABORTED');
    expect(starting[0]?.signal.aborted).toBe(false);
    const second = call(2);
    starting[0]?.ready();
    await turn();
    expect(starting).toHaveLength(1);
    expect(running(threads)).toEqual([[2]]);
    threads[0]?.running[0]?.answer();
    await second;
  });

  test('is given up when the pool is closed, and its caller told at once', async () => {
    const { pool, call, starting } = poolOf({}, 'by hand');
    const answer = call(1);
    const closing = pool.close();
    expect((await rejected(answer)).code).toBe('PLUGIN_CLOSED');
    expect(starting[0]?.signal.aborted).toBe(true);
    starting[0]?.fail(new PluginError('CALL_ABORTED', 'Cannot start the component: the caller gave up'));
    await closing;
  });

  test('that succeeds although the pool was closed is ended', async () => {
    const { pool, call, starting } = poolOf({}, 'by hand');
    const answer = rejected(call(1));
    const closing = pool.close();
    const thread = starting[0]!.ready();
    await closing;
    expect(thread.isClosed).toBe(true);
    expect((await answer).code).toBe('PLUGIN_CLOSED');
  });
});

describe('a death', () => {
  test('fails one call; the next has another instance', async () => {
    const { call, threads, ledger } = poolOf();
    const first = call(1);
    await turn();
    threads[0]?.running[0]?.fail(trap());
    expect((await rejected(first)).code).toBe('GUEST_TRAP');
    expect(threads[0]?.isClosed).toBe(true);
    const second = call(2);
    await turn();
    threads[1]?.running[0]?.answer();
    await second;
    expect(ledger.totals()).toMatchObject({ calls: 2, failures: 1, deaths: 1, instances: 2 });
  });

  test('between calls is found by the next, which is not its victim', async () => {
    const { call, threads, ledger } = poolOf();
    const first = call(1);
    await turn();
    threads[0]?.running[0]?.answer();
    await first;
    threads[0]!.failure = new PluginError('THREAD_FAILED', 'Cannot keep the instance: its thread ended');
    const second = call(2);
    await turn();
    threads[1]?.running[0]?.answer();
    expect((await second).payload).toEqual(Uint8Array.of(2));
    expect(ledger.totals()).toMatchObject({ failures: 0, deaths: 1, instances: 2 });
  });

  test('makes room only when its thread is gone', async () => {
    const { call, threads } = poolOf();
    const first = call(1);
    await turn();
    threads[0]!.lingers = true;
    threads[0]?.running[0]?.fail(trap());
    await rejected(first);
    const second = call(2);
    await turn();
    expect(threads).toHaveLength(1);
    threads[0]?.gone();
    await turn();
    expect(running(threads)).toEqual([[1], [2]]);
    threads[1]?.running[0]?.answer();
    await second;
  });

  test('too many in a row send those away who wait', async () => {
    const { call, threads, pass } = poolOf({ quarantine: { crashes: 1, forMs: 10 } });
    const answers = [call(1), call(2), call(3)];
    await turn();
    threads[0]?.running[0]?.fail(trap());
    expect(await Promise.all(answers.map(async (answer) => (await rejected(answer)).code))).toEqual([
      'GUEST_TRAP',
      'PLUGIN_QUARANTINED',
      'PLUGIN_QUARANTINED',
    ]);
    expect((await rejected(call(4))).code).toBe('PLUGIN_QUARANTINED');
    pass(10);
    const trial = call(5);
    expect((await rejected(call(6))).message).toContain('a trial call is running');
    await turn();
    threads[1]?.running[0]?.answer();
    await trial;
    const after = call(7);
    await turn();
    threads[1]?.running[1]?.answer();
    await after;
  });

  test('a trial whose caller gives up leaves the trial to the next', async () => {
    const { call, threads, pass } = poolOf({ quarantine: { crashes: 1, forMs: 10 } });
    const first = call(1);
    await turn();
    threads[0]?.running[0]?.fail(trap());
    await rejected(first);
    pass(10);
    const controller = new AbortController();
    const trial = call(2, controller.signal);
    controller.abort();
    expect((await rejected(trial)).code).toBe('CALL_ABORTED');
    const next = call(3);
    await turn();
    threads[1]?.running[0]?.answer();
    await next;
  });
});

describe('standby', () => {
  test('has an instance ready when one dies, and another one after that', async () => {
    const { call, threads, starting } = poolOf({ pool: { standby: 1 } }, 'by hand');
    expect(starting).toHaveLength(0);
    const first = call(1);
    expect(starting).toHaveLength(2);
    starting[0]?.ready();
    starting[1]?.ready();
    await turn();
    threads[0]?.running[0]?.fail(trap());
    await rejected(first);
    const second = call(2);
    expect(running(threads)).toEqual([[1], [2]]);
    await turn();
    expect(starting).toHaveLength(3);
    threads[1]?.running[0]?.answer();
    await second;
  });

  test('does not run more calls at once than the pool’s size', async () => {
    const { call, threads } = poolOf({ pool: { size: 1, standby: 2 } });
    const answers = [call(1), call(2)];
    await turn();
    expect(running(threads).flat()).toEqual([1]);
    threads.find((thread) => thread.running.length > 0)?.running[0]?.answer();
    await turn();
    threads
      .flatMap((thread) => thread.running)
      .at(-1)
      ?.answer();
    await Promise.all(answers);
  });

  test('that cannot be made is nobody’s failure, and is tried again with the next call', async () => {
    const { call, threads, starting, ledger } = poolOf({ pool: { standby: 1 } }, 'by hand');
    const first = call(1);
    starting[0]?.ready();
    await turn();
    starting[1]?.fail(trap());
    await turn();
    expect(starting).toHaveLength(2);
    threads[0]?.running[0]?.answer();
    await first;
    expect(ledger.totals()).toMatchObject({ failures: 0, deaths: 1 });
    const second = call(2);
    expect(starting).toHaveLength(3);
    threads[0]?.running[1]?.answer();
    await second;
  });
});

test('close() ends what runs and what is idle, and settles when all threads are gone', async () => {
  const { pool, call, threads } = poolOf({ pool: { size: 2 } });
  const answers = [call(1), call(2)];
  await turn();
  threads[0]?.running[0]?.answer();
  await answers[0];
  threads[0]!.lingers = true;
  let closed = false;
  const closing = pool.close().then(() => {
    closed = true;
  });
  expect((await rejected(answers[1]!)).code).toBe('PLUGIN_CLOSED');
  await turn();
  expect(threads.map((thread) => thread.isClosed)).toEqual([true, true]);
  expect(closed).toBe(false);
  threads[0]?.gone();
  await closing;
});

test('close() tells that a thread could not be ended in order', async () => {
  const { pool, call, threads } = poolOf();
  const answer = call(1);
  await turn();
  threads[0]?.running[0]?.answer();
  await answer;
  threads[0]!.close = () => Promise.reject(new Error('disk full'));
  await expect(pool.close()).rejects.toThrow('disk full');
});

test('an aborted signal starts no thread', async () => {
  const { call, threads } = poolOf();
  expect((await rejected(call(1, AbortSignal.abort()))).code).toBe('CALL_ABORTED');
  await turn();
  expect(threads).toHaveLength(0);
});
