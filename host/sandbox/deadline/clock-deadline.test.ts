import { describe, expect, test } from 'vitest';
import { ClockDeadline } from './clock-deadline.js';
import { MAX_NESTED_CALLS } from './deadline.js';

/** A deadline over a clock that the test sets. */
function withClock() {
  const clock = { ms: 1000 };
  return { clock, deadline: new ClockDeadline(() => clock.ms) };
}

describe('expired()', () => {
  test('counts from the first question, so that nothing is stopped early', () => {
    const { clock, deadline } = withClock();
    deadline.enter(50);
    clock.ms += 500;
    expect(deadline.expired()).toBeUndefined();
    clock.ms += 49;
    expect(deadline.expired()).toBeUndefined();
    clock.ms += 1;
    expect(deadline.expired()).toBe(50);
  });

  test('tells nothing outside a call', () => {
    const { clock, deadline } = withClock();
    expect(deadline.expired()).toBeUndefined();
    deadline.enter(50);
    deadline.expired();
    clock.ms += 60;
    deadline.leave();
    expect(deadline.expired()).toBeUndefined();
  });

  test('a second call starts anew', () => {
    const { clock, deadline } = withClock();
    deadline.enter(50);
    deadline.expired();
    clock.ms += 40;
    deadline.leave();
    deadline.enter(50);
    expect(deadline.expired()).toBeUndefined();
    clock.ms += 40;
    expect(deadline.expired()).toBeUndefined();
  });

  const nested = [
    { name: 'the inner one alone when it has less', outer: 100, inner: 20, after: 20, inside: 20, outside: undefined },
    { name: 'both when the outer one has less', outer: 20, inner: 100, after: 20, inside: 20, outside: 20 },
    { name: 'the outer one is named when both are', outer: 30, inner: 20, after: 30, inside: 30, outside: 30 },
    { name: 'nobody before the first', outer: 100, inner: 50, after: 49, inside: undefined, outside: undefined },
  ];
  for (const { name, outer, inner, after, inside, outside } of nested) {
    test(`of two nested calls ends ${name}`, () => {
      const { clock, deadline } = withClock();
      deadline.enter(outer);
      deadline.enter(inner);
      deadline.expired();
      clock.ms += after;
      expect(deadline.expired()).toBe(inside);
      deadline.leave();
      expect(deadline.expired()).toBe(outside);
    });
  }
});

describe('enter()', () => {
  test('takes as many nested calls as the limit, and refuses one more without counting it', () => {
    const { deadline } = withClock();
    for (let depth = 0; depth < MAX_NESTED_CALLS; depth++) {
      deadline.enter(10);
    }
    expect(() => deadline.enter(10)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    for (let depth = 0; depth < MAX_NESTED_CALLS; depth++) {
      deadline.leave();
    }
    deadline.enter(10);
    deadline.leave();
  });
});

describe('sleep()', () => {
  test('ends with the time of the call', () => {
    const { clock, deadline } = withClock();
    deadline.enter(20);
    deadline.expired();
    const start = performance.now();
    deadline.sleep(60_000);
    expect(performance.now() - start).toBeLessThan(30_000);
    clock.ms += 20;
    deadline.sleep(60_000);
    expect(deadline.expired()).toBe(20);
  });
});
