/** The watchdog thread is a built file: these tests run the one in dist/. */
import { afterAll, describe, expect, test } from 'vitest';
import { MAX_NESTED_CALLS } from './deadline.js';
import { WatchdogDeadline } from './watchdog-deadline.js';

const deadline = new WatchdogDeadline();
const cell = new Int32Array(deadline.epoch.buffer);

/** Block this thread until time is up, as a guest's loop does. @returns milliseconds that it took. */
function spin(): number {
  const start = performance.now();
  while (deadline.expired() === undefined) {
    if (performance.now() - start > 30_000) {
      throw new Error('the watchdog never came');
    }
  }
  return performance.now() - start;
}

/** Long enough for the watchdog to go to sleep. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

afterAll(() => {
  expect(cell[0]).toBe(0);
});

describe('a call whose time is up', () => {
  test('is told, and not before its time', () => {
    deadline.enter(30);
    expect(spin()).toBeGreaterThanOrEqual(30);
    expect([cell[0], deadline.expired()]).toEqual([1, 30]);
    deadline.leave();
    expect([cell[0], deadline.expired()]).toEqual([0, undefined]);
  });

  test('is told although the watchdog had gone to sleep', async () => {
    await pause();
    deadline.enter(10);
    spin();
    deadline.leave();
  });

  test('wakes a guest that sleeps', () => {
    deadline.enter(20);
    deadline.sleep(60_000);
    expect(deadline.expired()).toBe(20);
    deadline.leave();
  });

  test('does not end the one around it', () => {
    deadline.enter(20_000);
    deadline.enter(10);
    spin();
    expect(deadline.expired()).toBe(10);
    deadline.leave();
    expect([cell[0], deadline.expired()]).toEqual([0, undefined]);
    deadline.leave();
  });

  test('ends all that run inside it', () => {
    deadline.enter(10);
    deadline.enter(20_000);
    spin();
    expect(deadline.expired()).toBe(10);
    deadline.leave();
    expect([cell[0], deadline.expired()]).toEqual([1, 10]);
    deadline.enter(20_000);
    expect(deadline.expired()).toBe(10);
    deadline.leave();
    deadline.leave();
    expect([cell[0], deadline.expired()]).toEqual([0, undefined]);
  });
});

test('calls that end in time never leave the cell set, however close they come', () => {
  for (let i = 0; i < 3000; i++) {
    deadline.enter(1);
    const until = performance.now() + (i % 4 === 0 ? 1.05 : 0.01);
    while (performance.now() < until) {
      // As busy as a guest.
    }
    deadline.leave();
    if (cell[0] !== 0) {
      throw new Error(`set after call ${i}`);
    }
  }
});

test('takes as many nested calls as the limit, and refuses one more without counting it', () => {
  for (let depth = 0; depth < MAX_NESTED_CALLS; depth++) {
    deadline.enter(20_000);
  }
  expect(() => deadline.enter(20_000)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  for (let depth = 0; depth < MAX_NESTED_CALLS; depth++) {
    deadline.leave();
  }
  deadline.enter(20_000);
  deadline.leave();
});
