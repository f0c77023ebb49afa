import { describe, expect, test } from 'vitest';
import { rejected } from '../../test/support/thrown.js';
import { PluginError } from '../errors/index.js';
import { CallQueue, closed, type PendingCall } from './call-queue.js';

const HOOK = 'acme:echo/echo@1.0.0';
const nothing = (): void => {};

function call(byte: number, signal?: AbortSignal): PendingCall {
  return { hook: HOOK, request: Uint8Array.of(byte), options: { signal }, report: undefined, trial: false };
}

const serve = ({ request }: PendingCall) => ({ ok: true, payload: request });

test('first come, first served', async () => {
  const queue = new CallQueue(10);
  const answers = [1, 2, 3].map((byte) => queue.wait(call(byte), 0, nothing));
  const served: number[] = [];
  while (queue.size > 0) {
    queue.serveFirst((pending) => {
      served.push(pending.request[0]!);
      return serve(pending);
    });
  }
  expect(served).toEqual([1, 2, 3]);
  expect((await Promise.all(answers)).map(({ payload }) => payload[0])).toEqual([1, 2, 3]);
});

test('a request that its caller changes meanwhile is served as it was', async () => {
  const queue = new CallQueue(1);
  const pending = call(1);
  const answer = queue.wait(pending, 0, nothing);
  pending.request.fill(9);
  queue.serveFirst(serve);
  expect((await answer).payload).toEqual(Uint8Array.of(1));
});

test('what serving throws goes to who waits, and nobody else', async () => {
  const queue = new CallQueue(2);
  const first = queue.wait(call(1), 0, nothing);
  const second = queue.wait(call(2), 0, nothing);
  queue.serveFirst(() => {
    throw new PluginError('GUEST_TRAP', 'Cannot call it');
  });
  queue.serveFirst(serve);
  expect((await rejected(first)).code).toBe('GUEST_TRAP');
  expect((await second).ok).toBe(true);
});

describe('maxQueued', () => {
  const cases = [
    { name: 'the last that may wait', maxQueued: 2, waiting: 1, expected: 0, want: 'waits' },
    { name: 'one more', maxQueued: 2, waiting: 2, expected: 0, want: 'LIMIT_EXCEEDED' },
    { name: 'one for whom an instance is on its way', maxQueued: 0, waiting: 0, expected: 1, want: 'waits' },
    { name: 'one more than instances on their way', maxQueued: 0, waiting: 1, expected: 1, want: 'LIMIT_EXCEEDED' },
    { name: 'nobody at all', maxQueued: 0, waiting: 0, expected: 0, want: 'LIMIT_EXCEEDED' },
  ];
  for (const { name, maxQueued, waiting, expected, want } of cases) {
    test(`${name}: ${want}`, async () => {
      const queue = new CallQueue(maxQueued);
      const others = Array.from({ length: waiting }, () => queue.wait(call(0), waiting, nothing));
      const outcome = queue.wait(call(1), expected, nothing).then(
        () => 'waits',
        (error: PluginError) => error.code,
      );
      while (queue.size > 0) {
        queue.serveFirst(serve);
      }
      expect(await outcome).toBe(want);
      await Promise.all(others);
    });
  }
});

test('a call that is not let in leaves at once, so that whoever it took the place of may have it', async () => {
  const queue = new CallQueue(0);
  let left = 0;
  expect((await rejected(queue.wait(call(1), 0, () => left++))).code).toBe('LIMIT_EXCEEDED');
  expect(left).toBe(1);
});

describe('a caller that gives up', () => {
  test('leaves the line at once, and is told so', async () => {
    const queue = new CallQueue(2);
    const controller = new AbortController();
    let left = 0;
    const first = queue.wait(call(1, controller.signal), 0, () => left++);
    const second = queue.wait(call(2), 0, nothing);
    controller.abort();
    expect(queue.size).toBe(1);
    expect(left).toBe(1);
    expect(await rejected(first)).toMatchObject({
      code: 'CALL_ABORTED',
      message: `Cannot call ${HOOK}: the caller gave up`,
    });
    queue.serveFirst(serve);
    expect((await second).payload).toEqual(Uint8Array.of(2));
  });

  test('and is no business of the line any more once it was served', async () => {
    const queue = new CallQueue(1);
    const controller = new AbortController();
    let left = 0;
    const answer = queue.wait(call(1, controller.signal), 0, () => left++);
    queue.serveFirst(serve);
    controller.abort();
    expect((await answer).ok).toBe(true);
    expect(left).toBe(0);
  });
});

test('everybody in line can be sent away', async () => {
  const queue = new CallQueue(10);
  const answers = [1, 2, 3].map((byte) => queue.wait(call(byte), 0, nothing));
  queue.failAll(({ hook }) => closed(hook));
  expect(queue.size).toBe(0);
  for (const answer of answers) {
    expect((await rejected(answer)).code).toBe('PLUGIN_CLOSED');
  }
});
