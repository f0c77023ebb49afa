/** Who is served by which instance, inline; with guests, and over both isolations, see test/contract/pool.test.ts. */
import { describe, expect, test } from 'vitest';
import { echo, type FakeInstance, fakeInstance, inlinePool, trap } from '../../test/support/fake-instances.js';
import { rejected, thrown } from '../../test/support/thrown.js';
import { PluginError } from '../errors/index.js';

const HOOK = 'acme:echo/echo@1.0.0';
const REQUEST = Uint8Array.of(1);

/** Instances as they are made, each answering with `call`. */
function factory(call: Parameters<typeof fakeInstance>[0] = echo) {
  const made: FakeInstance[] = [];
  return {
    made,
    make: () => {
      const instance = fakeInstance(call);
      made.push(instance);
      return instance;
    },
  };
}

test('one instance serves call after call', () => {
  const { made, make } = factory();
  const { pool, ledger } = inlinePool(make, { pool: { size: 4 } });
  for (let i = 0; i < 10; i++) {
    expect(pool.callSync(HOOK, Uint8Array.of(i)).payload).toEqual(Uint8Array.of(i));
  }
  expect(made).toHaveLength(1);
  expect(ledger.totals()).toMatchObject({
    calls: 10,
    instances: 1,
    requestBytes: 10,
    responseBytes: 10,
    capabilityCalls: 20,
  });
});

describe('a call from inside a call', () => {
  test('takes another instance while there is room, and is refused after that', () => {
    const { made, make } = factory((self, request) => {
      depth++;
      const answer = depth < 3 ? outcome(() => pool.callSync(HOOK, request)) : 'deep enough';
      return { ok: true, payload: new TextEncoder().encode(`${made.indexOf(self)} ${answer}`) };
    });
    let depth = 0;
    const outcome = (run: () => { payload: Uint8Array }): string => {
      try {
        return new TextDecoder().decode(run().payload);
      } catch (error) {
        return (error as PluginError).code;
      }
    };
    const { pool } = inlinePool(make, { pool: { size: 2 } });
    expect(outcome(() => pool.callSync(HOOK, REQUEST))).toBe('0 1 PLUGIN_BUSY');
    expect(pool.isFree).toBe(true);
  });

  test('says what to do where there is one instance', () => {
    let error: PluginError | undefined;
    const { make } = factory((_self, request) => {
      error = thrown(() => pool.callSync(HOOK, request));
      return { ok: true, payload: request };
    });
    const { pool } = inlinePool(make);
    pool.callSync(HOOK, REQUEST);
    expect(error).toMatchObject({
      code: 'PLUGIN_BUSY',
      message: `Cannot call ${HOOK}: its instance is serving another call`,
    });
    expect(error?.hint).toContain('pool');
  });

  test('waits with a promise until the call around it has ended, in order', async () => {
    const order: number[] = [];
    const later: Promise<unknown>[] = [];
    const { make } = factory((_self, request) => {
      order.push(request[0]!);
      if (request[0] === 0) {
        expect(pool.isFree).toBe(false);
        later.push(pool.call(HOOK, Uint8Array.of(1)), pool.call(HOOK, Uint8Array.of(2)));
      }
      return { ok: true, payload: request };
    });
    const { pool } = inlinePool(make);
    await pool.call(HOOK, Uint8Array.of(0));
    // Those who wait come before a promise made now, and after a caller who cannot wait.
    const third = pool.call(HOOK, Uint8Array.of(3));
    pool.callSync(HOOK, Uint8Array.of(9));
    await Promise.all([...later, third]);
    expect(order.filter((byte) => byte !== 9)).toEqual([0, 1, 2, 3]);
    expect(order).toContain(9);
  });

  test('is told when the plugin is closed before its turn', async () => {
    let waiting: Promise<unknown> = Promise.resolve();
    const { made, make } = factory((_self, request) => {
      waiting = pool.call(HOOK, request);
      void pool.close();
      return { ok: true, payload: request };
    });
    const { pool } = inlinePool(make);
    // The call that closes it still has its answer.
    expect(pool.callSync(HOOK, REQUEST).ok).toBe(true);
    expect((await rejected(waiting)).code).toBe('PLUGIN_CLOSED');
    expect(made[0]?.closed).toBe(true);
  });
});

describe('an instance is replaced', () => {
  const cases = [
    { name: 'after maxCalls', pool: { maxCalls: 2 }, each: 0, memoryMiB: 1, want: [2, 2, 1] },
    { name: 'for each call with fresh', pool: { fresh: true }, each: 0, memoryMiB: 1, want: [1, 1, 1, 1, 1] },
    { name: 'when it is old', pool: { maxAgeMs: 20 }, each: 10, memoryMiB: 1, want: [2, 2, 1] },
    {
      name: 'after a call that leaves it with too much memory',
      pool: { maxMemoryMiB: 3 },
      each: 0,
      memoryMiB: 4,
      want: [1, 1, 1, 1, 1],
    },
    { name: 'not at exactly that much', pool: { maxMemoryMiB: 4 }, each: 0, memoryMiB: 4, want: [5] },
  ];
  for (const { name, pool: options, each, memoryMiB, want } of cases) {
    test(name, () => {
      const served = new Map<FakeInstance, number>();
      const { made, make } = factory((self, payload) => {
        served.set(self, (served.get(self) ?? 0) + 1);
        self.memoryMiB = memoryMiB;
        return { ok: true, payload };
      });
      const { pool, ledger, pass } = inlinePool(make, { pool: options });
      for (let i = 0; i < 5; i++) {
        pool.callSync(HOOK, REQUEST);
        pass(each);
      }
      expect([...served.values()]).toEqual(want);
      expect(made.slice(0, -1).every((instance) => instance.closed)).toBe(true);
      expect(ledger.totals()).toMatchObject({
        instances: want.length,
        deaths: 0,
        capabilityCalls: 10,
        peakMemoryBytes: memoryMiB << 20,
      });
    });
  }

  test('after it died, at the next call', () => {
    let dies = true;
    const { made, make } = factory((_self, payload) => {
      if (dies) {
        throw trap();
      }
      return { ok: true, payload };
    });
    const { pool, ledger } = inlinePool(make);
    expect(thrown(() => pool.callSync(HOOK, REQUEST)).code).toBe('GUEST_TRAP');
    expect(made[0]?.closed).toBe(true);
    dies = false;
    expect(pool.callSync(HOOK, REQUEST).ok).toBe(true);
    expect(ledger.totals()).toMatchObject({ calls: 2, failures: 1, deaths: 1, instances: 2, capabilityCalls: 4 });
  });

  test('not when it only refused the call', () => {
    const { made, make } = factory();
    const { pool, ledger } = inlinePool(() => Object.assign(make(), { call: refuse }));
    function refuse(): never {
      throw new PluginError('LIMIT_EXCEEDED', 'Cannot call it: the request is too large');
    }
    for (let i = 0; i < 3; i++) {
      expect(thrown(() => pool.callSync(HOOK, REQUEST)).code).toBe('LIMIT_EXCEEDED');
    }
    expect(made).toHaveLength(1);
    expect(ledger.totals()).toMatchObject({ calls: 3, failures: 3, deaths: 0 });
  });
});

test('an instance that cannot be made is a death, and the next call tries again', () => {
  let fails = true;
  const { pool, ledger } = inlinePool(() => {
    if (fails) {
      throw trap();
    }
    return fakeInstance(echo);
  });
  expect(thrown(() => pool.callSync(HOOK, REQUEST)).code).toBe('GUEST_TRAP');
  fails = false;
  expect(pool.callSync(HOOK, REQUEST).ok).toBe(true);
  expect(ledger.totals()).toMatchObject({ calls: 2, failures: 1, deaths: 1, instances: 1 });
});

test('an aborted signal ends a call before any instance is made', async () => {
  const { made, make } = factory();
  const { pool } = inlinePool(make);
  const signal = AbortSignal.abort();
  expect(thrown(() => pool.callSync(HOOK, REQUEST, { signal })).code).toBe('CALL_ABORTED');
  expect((await rejected(pool.call(HOOK, REQUEST, { signal }))).code).toBe('CALL_ABORTED');
  expect(made).toHaveLength(0);
});

test('a quarantine sends those away who wait', async () => {
  const waiting: Promise<unknown>[] = [];
  const { make } = factory((_self, request) => {
    if (waiting.length === 0) {
      waiting.push(pool.call(HOOK, request));
    }
    throw trap();
  });
  const { pool, pass } = inlinePool(make, { quarantine: { crashes: 1, forMs: 10 } });
  expect(thrown(() => pool.callSync(HOOK, REQUEST)).code).toBe('GUEST_TRAP');
  expect((await rejected(waiting[0]!)).code).toBe('PLUGIN_QUARANTINED');
  expect(thrown(() => pool.callSync(HOOK, REQUEST)).code).toBe('PLUGIN_QUARANTINED');
  pass(10);
  expect(thrown(() => pool.callSync(HOOK, REQUEST)).code).toBe('GUEST_TRAP');
});
