/** `limits.instances`: live instances of one plugin, those on standby and those that are just ending included. */
import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createHost, provideRaw } from '../../host/index.js';
import { ATTACK, besieged, failure, MODES, PEACE, packAttacker } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const CALL = '(call $call (local.get $ptr) (local.get $len) (i32.const 2048))';

describe.each(MODES)('instances, %s', (isolation) => {
  const tooMany = [
    { name: 'a pool above the limit', limit: 3, size: 4, says: /make 4 instances, limits\.instances is 3/ },
    { name: 'a pool above the default', limit: undefined, size: 17, says: /limits\.instances is 16/ },
  ];
  for (const { name, limit, size, says } of tooMany) {
    test(`${name} is refused, for a host and for one plugin`, async () => {
      const options = { isolation, limits: { instances: limit } };
      await expect(createHost({ ...options, pool: { size } })).rejects.toThrow(TypeError);
      await expect(createHost({ ...options, pool: { size } })).rejects.toThrow(says);
      await besieged(options, async ({ host }) => {
        const loading = host.load(await packAttacker({}), { pool: { size } });
        await expect(loading).rejects.toThrow(TypeError);
      });
    });
  }

  test('a pool at the limit is served', async () => {
    await besieged({ isolation, limits: { instances: 3 } }, async ({ load }) => {
      const plugin = await load({}, { pool: { size: 3 } });
      const answers = await Promise.all(Array.from({ length: 10 }, () => plugin.callRaw(SCORE, PEACE)));
      expect(answers).toEqual(Array(10).fill(PEACE));
      expect(plugin.totals().instances).toBeLessThanOrEqual(3);
    });
  });
});

describe('standby counts', () => {
  test('in threads', async () => {
    const options = { isolation: 'thread', limits: { instances: 3 } } as const;
    await expect(createHost({ ...options, pool: { size: 2, standby: 2 } })).rejects.toThrow(
      /pool\.size and pool\.standby make 4 instances, limits\.instances is 3/,
    );
    await besieged({ ...options, pool: { size: 2, standby: 1 } }, async () => {});
  });
});

/** Counts the worker threads of this process that are alive, by what they announce of themselves. */
function countThreads() {
  let live = 0;
  let most = 0;
  const counted = (worker: Worker): void => {
    most = Math.max(most, ++live);
    worker.once('exit', () => live--);
  };
  process.on('worker', counted);
  return { most: () => most, live: () => live, stop: () => process.off('worker', counted) };
}

describe('a hundred calls at once, in threads', () => {
  const pools = [
    { name: 'that are kept', pool: { size: 3 } },
    { name: 'that are fresh for each', pool: { size: 3, fresh: true } },
    { name: 'with one on standby', pool: { size: 2, standby: 1 } },
    { name: 'with two on standby, fresh for each', pool: { size: 1, standby: 2, fresh: true } },
  ];
  for (const { name, pool } of pools) {
    test(`never have more than the limit of instances ${name}, although many die`, async () => {
      const options = { isolation: 'thread', limits: { instances: 3 }, quarantine: { crashes: Infinity } } as const;
      await besieged(options, async ({ load }) => {
        const plugin = await load({ attack: 'unreachable' }, { pool });
        const threads = countThreads();
        try {
          const calls = Array.from({ length: 100 }, (_, i) => plugin.callRaw(SCORE, i % 5 === 0 ? ATTACK : PEACE));
          const outcomes = await Promise.allSettled(calls);
          for (const [i, outcome] of outcomes.entries()) {
            if (i % 5 === 0) {
              expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'GUEST_TRAP' } });
            } else {
              expect(outcome).toEqual({ status: 'fulfilled', value: PEACE });
            }
          }
          expect(plugin.totals()).toMatchObject({ calls: 100, failures: 20, deaths: 20 });
          await plugin.close();
          expect(threads.most()).toBeLessThanOrEqual(3);
          expect(threads.most()).toBeGreaterThan(1);
          expect(threads.live()).toBe(0);
        } finally {
          threads.stop();
        }
      });
    });
  }
});

test('instances that die while they start count until their threads are gone', async () => {
  const options = { isolation: 'thread', limits: { instances: 2 }, quarantine: { crashes: Infinity } } as const;
  await besieged(options, async ({ load }) => {
    const plugin = await load({ main: '(func $begin unreachable) (start $begin)' }, { pool: { size: 2 } });
    const threads = countThreads();
    try {
      const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => plugin.callRaw(SCORE, PEACE)));
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(30);
      await plugin.close();
      expect([threads.most(), threads.live()]).toEqual([2, 0]);
      expect(plugin.totals()).toMatchObject({ calls: 30, failures: 30, deaths: 30, instances: 0 });
    } finally {
      threads.stop();
    }
  });
});

test('inline, a plugin that has itself called gets instances up to the limit, and no more', async () => {
  let depth = 0;
  let deepest = 0;
  const refusals: unknown[] = [];
  const again = provideRaw('acme:again/again@1.0.0', (request) => {
    deepest = Math.max(deepest, ++depth);
    try {
      return plugin.callRawSync(SCORE, request);
    } catch (error) {
      refusals.push(error);
      return new Uint8Array();
    } finally {
      depth--;
    }
  });
  const host = await createHost({ capabilities: [again], limits: { instances: 3 }, pool: { size: 3 } });
  const plugin = await host.load(await packAttacker({ capability: again.id, attack: CALL }));
  try {
    expect(await plugin.callRaw(SCORE, ATTACK)).toEqual(ATTACK);
    expect(deepest).toBe(3);
    expect(refusals).toEqual([
      expect.objectContaining({ code: 'PLUGIN_BUSY', message: expect.stringContaining('all its 3 instances') }),
    ]);
    expect(plugin.totals()).toMatchObject({ instances: 3, deaths: 0 });
    expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
  } finally {
    await host.close();
  }
});

test.each(MODES)('calls that wait are bounded as well, %s', async (isolation) => {
  await besieged({ isolation, capabilities: [] }, async ({ load }) => {
    const plugin = await load({ attack: 'unreachable' }, { pool: { size: 1, maxQueued: 2 }, isolation: 'thread' });
    const calls = Array.from({ length: 10 }, () => plugin.callRaw(SCORE, PEACE));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(7);
    const error = await failure(Promise.reject((refused[0] as PromiseRejectedResult).reason));
    expect([error.code, error.message]).toEqual(['LIMIT_EXCEEDED', expect.stringMatching(/wait/)]);
    expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
  });
});
