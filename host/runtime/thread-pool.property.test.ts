/** Whatever starts, dies, is given up or closed, in whatever order: every call settles, and the pool keeps its bounds. */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FakeThread, fakeThread, threadPool, trap } from '../../test/support/fake-instances.js';
import { PluginError } from '../errors/index.js';

const HOOK = 'acme:echo/echo@1.0.0';
/** What happens next, and to which of those it may happen to. */
const step = fc.record({
  what: fc.oneof(
    ...Object.entries({
      call: 8,
      start: 6,
      answer: 4,
      die: 3,
      abort: 2,
      'fail start': 1,
      refuse: 1,
      'die idle': 1,
      pass: 1,
      turn: 1,
    }).map(([what, weight]) => ({ arbitrary: fc.constant(what), weight })),
  ),
  which: fc.nat(7),
});
const bounds = fc.record({
  size: fc.integer({ min: 1, max: 2 }),
  standby: fc.integer({ min: 0, max: 1 }),
  maxQueued: fc.integer({ min: 0, max: 3 }),
  maxCalls: fc.integer({ min: 1, max: 3 }),
  crashes: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
});
interface Bounds {
  readonly size: number;
  readonly standby: number;
  readonly maxQueued: number;
  readonly maxCalls: number;
  readonly crashes: number;
}
type Step = { readonly what: string; readonly which: number };

class World {
  readonly threads: FakeThread[] = [];
  readonly starting: { ready: () => void; fail: () => void }[] = [];
  readonly calls: { readonly outcome: Promise<string>; readonly controller: AbortController; settled: boolean }[] = [];
  readonly made: ReturnType<typeof threadPool>;
  readonly #done = new Set<object>();

  constructor({ crashes, ...pool }: Bounds) {
    this.made = threadPool((signal) => this.#start(signal), { pool, quarantine: { crashes, forMs: 10 } });
  }

  #start(signal: AbortSignal): Promise<FakeThread> {
    return new Promise((resolve, reject) => {
      const thread = fakeThread();
      signal.addEventListener('abort', () => reject(new PluginError('CALL_ABORTED', 'Cannot start it')));
      this.starting.push({
        ready: () => {
          this.threads.push(thread);
          resolve(thread);
        },
        fail: () => reject(trap()),
      });
    });
  }

  get live(): FakeThread[] {
    return this.threads.filter((thread) => !thread.isClosed);
  }

  /** Calls that a guest works on. */
  get running() {
    return this.live.flatMap((thread) => thread.running.filter((call) => !this.#done.has(call)));
  }

  take({ what, which }: Step): void {
    const pick = <T>(from: readonly T[]): T | undefined => from[which % Math.max(1, from.length)];
    const end = (act: (call: FakeThread['running'][number]) => void): void => {
      const call = pick(this.running);
      if (call !== undefined) {
        this.#done.add(call);
        act(call);
      }
    };
    switch (what) {
      case 'call':
        this.call();
        return;
      case 'abort':
        pick(this.calls)?.controller.abort();
        return;
      case 'start':
        this.starting.splice(which % Math.max(1, this.starting.length), 1)[0]?.ready();
        return;
      case 'fail start':
        this.starting.splice(which % Math.max(1, this.starting.length), 1)[0]?.fail();
        return;
      case 'answer':
        end((call) => call.answer());
        return;
      case 'die':
        end((call) => call.fail(trap()));
        return;
      case 'refuse':
        end((call) => call.fail(new PluginError('LIMIT_EXCEEDED', 'Cannot call it: too large'), false));
        return;
      case 'die idle':
        for (const thread of this.live
          .filter(({ running }) => running.every((call) => this.#done.has(call)))
          .slice(0, 1)) {
          thread.failure = new PluginError('THREAD_FAILED', 'Cannot keep the instance: its thread ended');
        }
        return;
      case 'pass':
        this.made.pass(which);
    }
  }

  call(): void {
    const controller = new AbortController();
    const answer = this.made.pool.call(HOOK, Uint8Array.of(1), { signal: controller.signal });
    const call = {
      outcome: answer.then(
        () => 'ok',
        (error) => error.code as string,
      ),
      controller,
      settled: false,
    };
    void call.outcome.then(() => {
      call.settled = true;
    });
    this.calls.push(call);
  }
}

test('every call settles, and never more of anything than there may be', async () => {
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(bounds, fc.array(step, { minLength: 1, maxLength: 60 }), async (limits, steps) => {
      const world = new World(limits);
      for (const next of steps) {
        world.take(next);
        await turn();
        expect(world.running.length).toBeLessThanOrEqual(limits.size);
        expect(world.live.length + world.starting.length).toBeLessThanOrEqual(limits.size + limits.standby);
        const waiting = world.calls.filter(({ settled }) => !settled).length - world.running.length;
        expect(waiting).toBeLessThanOrEqual(limits.maxQueued + limits.size);
      }
      await world.made.pool.close();
      for (const outcome of await Promise.all(world.calls.map((call) => call.outcome))) {
        outcomes.add(outcome);
      }
      expect(world.live).toEqual([]);
      const { calls, failures, deaths, instances } = world.made.ledger.totals();
      expect(failures).toBeLessThanOrEqual(calls);
      expect(calls).toBeLessThanOrEqual(world.calls.length);
      expect(deaths).toBeLessThanOrEqual(instances + calls + steps.length);
    }),
    { numRuns: 300 },
  );
  // Or the steps would not be worth much.
  for (const outcome of ['ok', 'GUEST_TRAP', 'CALL_ABORTED', 'PLUGIN_CLOSED', 'PLUGIN_QUARANTINED', 'LIMIT_EXCEEDED']) {
    expect(outcomes).toContain(outcome);
  }
});

test('and after any history the pool serves again, once what went wrong has passed', async () => {
  await fc.assert(
    fc.asyncProperty(bounds, fc.array(step, { maxLength: 40 }), async (limits, steps) => {
      const world = new World(limits);
      for (const next of steps) {
        world.take(next);
        await turn();
      }
      // Everything goes well from here on: whoever starts or works comes to an end.
      world.made.pass(100);
      for (let quiet = 0; quiet < 3; ) {
        const busy = world.starting.length + world.running.length;
        quiet = busy === 0 ? quiet + 1 : 0;
        world.take({ what: 'start', which: 0 });
        world.take({ what: 'answer', which: 0 });
        await turn();
      }
      expect(world.calls.every(({ settled }) => settled)).toBe(true);
      world.made.pass(100);
      world.call();
      for (let i = 0; i < 10; i++) {
        world.take({ what: 'start', which: 0 });
        world.take({ what: 'answer', which: 0 });
        await turn();
      }
      expect(await world.calls.at(-1)?.outcome).toBe('ok');
      await world.made.pool.close();
    }),
    { numRuns: 200 },
  );
});
