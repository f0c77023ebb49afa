/**
 * Calls inside of calls: a plugin asks the embedder, who asks another plugin to answer.
 *
 * Inline they share a stack and a thread, so the outer call's deadline has to reach the inner one. In threads they do not: each ends by
 * its own deadline, and the outer one does not wait for the inner one's.
 */
import { describe, expect, test } from 'vitest';
import { type Plugin, PluginError, provideRaw, Refusal } from '../../host/index.js';
import { ATTACK, type Attacker, besieged, checkVerdict, failure, MODES, PEACE } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const FOR_EVER: Attacker = { attack: '(loop $again (br $again))' };
/** Passes its request on to the embedder, and the embedder's answer, or refusal, back as its own. */
const ASKING = (capability: string): Attacker => ({
  capability,
  attack: '(call $call (local.get $ptr) (local.get $len) (i32.const 2048)) (return (i32.const 2048))',
});
const outOfTime = (ms: number) => ({ code: 'DEADLINE_EXCEEDED', says: new RegExp(`longer than ${ms} ms`) });
/** Far above what anything here takes. */
const LONG_MS = 60_000;
/** Time also to start in, in a thread of a machine that is busy. */
const INNER_MS = 2000;
/** Time to get to the inner call, on a machine that is busy. */
const SHORT_MS = 500;
/** Deaths here are counted, not too many. */
const QUARANTINE = { crashes: Infinity };

/** A capability that has another plugin answer, with what became of that. */
function relay(id: string, next: () => Plugin, sync: boolean, refuse = false) {
  const errors: unknown[] = [];
  const failed = (error: unknown): never => {
    errors.push(error);
    throw refuse ? new Refusal('failed', 'It did not answer') : error;
  };
  const capability = provideRaw(id, (request) => {
    if (!sync) {
      return next().callRaw(SCORE, request).catch(failed);
    }
    try {
      return next().callRawSync(SCORE, request);
    } catch (error) {
      return failed(error);
    }
  });
  return { capability, errors };
}

describe('inline, the outer one’s deadline', () => {
  test('ends the inner call, and then the outer one', async () => {
    let inner: Plugin | undefined;
    // The outer one may catch the refusal: its time is up all the same.
    const { capability, errors } = relay('acme:ask/ask@1.0.0', () => inner!, true, true);
    await besieged({ capabilities: [capability] }, async ({ load, checkNeighbour }) => {
      inner = await load(FOR_EVER, { limits: { deadlineMs: LONG_MS } });
      const attack = `(loop $again try (call $call (local.get $ptr) (local.get $len) (i32.const 2048)) catch_all end (br $again))`;
      const outer = await load({ capability: capability.id, attack }, { limits: { deadlineMs: SHORT_MS } });
      for (let i = 1; i <= 2; i++) {
        const start = performance.now();
        const error = await failure(outer.callRaw(SCORE, ATTACK));
        expect(performance.now() - start).toBeGreaterThanOrEqual(SHORT_MS);
        checkVerdict(error, outOfTime(SHORT_MS));
        expect(errors).toHaveLength(i);
        checkVerdict(errors[i - 1] as PluginError, outOfTime(SHORT_MS));
        await checkNeighbour();
        expect(await inner.callRaw(SCORE, PEACE)).toEqual(PEACE);
        expect(await outer.callRaw(SCORE, PEACE)).toEqual(PEACE);
      }
      expect(inner.totals()).toMatchObject({ deaths: 2, instances: 3 });
      expect(outer.totals()).toMatchObject({ deaths: 2, instances: 3 });
    });
  });

  test('ends a start function of the inner one', async () => {
    let inner: Plugin | undefined;
    const { capability, errors } = relay('acme:ask/ask@1.0.0', () => inner!, true);
    await besieged({ capabilities: [capability] }, async ({ load }) => {
      const main = '(func $begin (loop $again (br $again))) (start $begin)';
      inner = await load({ main }, { limits: { deadlineMs: LONG_MS } });
      const outer = await load(ASKING(capability.id), { limits: { deadlineMs: SHORT_MS } });
      checkVerdict(await failure(outer.callRaw(SCORE, ATTACK)), outOfTime(SHORT_MS));
      checkVerdict(errors[0] as PluginError, outOfTime(SHORT_MS));
      expect((errors[0] as PluginError).message).toContain('Cannot start the component');
      expect(await outer.callRaw(SCORE, PEACE)).toEqual(PEACE);
    });
  });

  test('goes down through three of them, past longer ones', async () => {
    const plugins: Plugin[] = [];
    const asks = [0, 1].map((i) => relay(`acme:ask${i}/ask@1.0.0`, () => plugins[i + 1]!, true));
    await besieged({ capabilities: asks.map(({ capability }) => capability) }, async ({ load }) => {
      const deadlines = [SHORT_MS, LONG_MS, LONG_MS];
      for (const [i, deadlineMs] of deadlines.entries()) {
        const attacker = i < 2 ? ASKING(`acme:ask${i}/ask@1.0.0`) : FOR_EVER;
        plugins.push(await load(attacker, { limits: { deadlineMs } }));
      }
      checkVerdict(await failure(plugins[0]!.callRaw(SCORE, ATTACK)), outOfTime(SHORT_MS));
      for (const { errors } of asks) {
        expect(errors).toHaveLength(1);
        checkVerdict(errors[0] as PluginError, outOfTime(SHORT_MS));
      }
      for (const plugin of plugins) {
        expect(plugin.totals().deaths).toBe(1);
        expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
      }
    });
  });

  test('in the middle of three ends the two that have no more time, and the first goes on', async () => {
    const plugins: Plugin[] = [];
    const asks = [0, 1].map((i) => relay(`acme:ask${i}/ask@1.0.0`, () => plugins[i + 1]!, true, i === 0));
    await besieged({ capabilities: asks.map(({ capability }) => capability) }, async ({ load }) => {
      for (const [i, deadlineMs] of [LONG_MS, SHORT_MS, LONG_MS].entries()) {
        const attacker = i < 2 ? ASKING(`acme:ask${i}/ask@1.0.0`) : FOR_EVER;
        plugins.push(await load(attacker, { limits: { deadlineMs } }));
      }
      const error = await failure(plugins[0]!.callRaw(SCORE, ATTACK));
      expect([error.code, error.details.guestCode]).toEqual(['GUEST_ERROR', 'failed']);
      checkVerdict(asks[0]!.errors[0] as PluginError, outOfTime(SHORT_MS));
      checkVerdict(asks[1]!.errors[0] as PluginError, outOfTime(SHORT_MS));
      expect(plugins.map((plugin) => plugin.totals().deaths)).toEqual([0, 1, 1]);
    });
  });
});

describe('inline, other bounds', () => {
  test('are of each call: the outer one has its own fuel and its own calls to the host', async () => {
    let inner: Plugin | undefined;
    const { capability, errors } = relay('acme:ask/ask@1.0.0', () => inner!, true, true);
    const other = provideRaw('acme:other/other@1.0.0', () => new Uint8Array());
    await besieged({ capabilities: [capability, other] }, async ({ load }) => {
      const limits = { fuel: 10_000, capabilityCalls: 20 };
      const attack = '(loop $again (call $call (i32.const 0) (i32.const 0) (i32.const 2048)) (br $again))';
      for (const [attacker, code] of [
        [FOR_EVER, 'FUEL_EXHAUSTED'],
        [{ capability: other.id, attack }, 'LIMIT_EXCEEDED'],
      ] as const) {
        inner = await load(attacker, { limits });
        const outer = await load(ASKING(capability.id), { limits });
        expect((await failure(outer.callRaw(SCORE, ATTACK))).code).toBe('GUEST_ERROR');
        expect(errors.pop()).toMatchObject({ code });
        expect(outer.totals()).toMatchObject({ deaths: 0, capabilityCalls: 1 });
        expect(outer.totals().fuel).toBeLessThan(1000);
      }
    });
  });

  test('of 64 calls inside of each other: one more is refused, and all the others are answered', async () => {
    let plugin: Plugin | undefined;
    let refused: unknown;
    let depth = 0;
    let deepest = 0;
    const ask = provideRaw('acme:ask/ask@1.0.0', (request) => {
      deepest = Math.max(deepest, ++depth);
      try {
        return plugin!.callRawSync(SCORE, request);
      } catch (error) {
        refused ??= error;
        throw new Refusal('limit', 'That is deep enough');
      } finally {
        depth--;
      }
    });
    const options = { capabilities: [ask], limits: { instances: 100, memoryMiB: 1 }, pool: { size: 100 } };
    await besieged(options, async ({ load }) => {
      // What it is refused it answers with the request: so the one that is refused tells nobody.
      const attack = `(call $call (local.get $ptr) (local.get $len) (i32.const 2048))
        (if (i32.load8_u (i32.const 2048)) (then (i32.store8 (i32.const 600) (i32.const 77))
          (return (call $answer (i32.const 0) (i32.const 600) (i32.const 1)))))
        (return (i32.const 2048))`;
      plugin = await load({ capability: ask.id, attack });
      expect(await plugin.callRaw(SCORE, ATTACK)).toEqual(Uint8Array.of(77));
      expect(refused).toBeInstanceOf(PluginError);
      expect(refused).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringMatching(/Cannot start a call inside 64 others: the limit is 64/),
      });
      expect([depth, deepest]).toEqual([0, 64]);
      expect(plugin.totals()).toMatchObject({ calls: 65, failures: 1 });
      // Nothing of it is left: the same depth is there again.
      refused = undefined;
      expect(await plugin.callRaw(SCORE, ATTACK)).toEqual(Uint8Array.of(77));
      expect(refused).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    });
  });

  test('of a pool without a free instance: a plugin that calls itself is refused, and goes on', async () => {
    let plugin: Plugin | undefined;
    const { capability, errors } = relay('acme:ask/ask@1.0.0', () => plugin!, true, true);
    await besieged({ capabilities: [capability] }, async ({ load }) => {
      plugin = await load(ASKING(capability.id));
      expect((await failure(plugin.callRaw(SCORE, ATTACK))).details.guestCode).toBe('failed');
      expect(errors).toEqual([expect.objectContaining({ code: 'PLUGIN_BUSY' })]);
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
      expect(plugin.totals()).toMatchObject({ deaths: 0, instances: 1 });
    });
  });
});

describe.each(MODES)('the inner one’s deadline, %s', (isolation) => {
  const sync = isolation === 'inline';

  test('ends only the inner one when it is shorter: the outer one answers its refusal and goes on', async () => {
    let inner: Plugin | undefined;
    const { capability, errors } = relay('acme:ask/ask@1.0.0', () => inner!, sync, true);
    const options = { isolation, capabilities: [capability], quarantine: QUARANTINE };
    await besieged(options, async ({ load, checkNeighbour }) => {
      inner = await load(FOR_EVER, { limits: { deadlineMs: INNER_MS } });
      const outer = await load(ASKING(capability.id), { limits: { deadlineMs: LONG_MS } });
      for (let i = 1; i <= 3; i++) {
        const error = await failure(outer.callRaw(SCORE, ATTACK));
        expect([error.code, error.details.guestCode]).toEqual(['GUEST_ERROR', 'failed']);
        checkVerdict(errors[i - 1] as PluginError, outOfTime(INNER_MS));
        await checkNeighbour();
        expect(await inner.callRaw(SCORE, PEACE)).toEqual(PEACE);
      }
      expect(outer.totals()).toMatchObject({ deaths: 0, instances: 1 });
      expect(inner.totals()).toMatchObject({ deaths: 3 });
    });
  });

  test('that the embedder does not catch ends the outer one with the inner one’s reason', async () => {
    let inner: Plugin | undefined;
    const { capability } = relay('acme:ask/ask@1.0.0', () => inner!, sync);
    await besieged({ isolation, capabilities: [capability] }, async ({ load }) => {
      inner = await load(FOR_EVER, { limits: { deadlineMs: INNER_MS } });
      const outer = await load(ASKING(capability.id), { limits: { deadlineMs: LONG_MS } });
      checkVerdict(await failure(outer.callRaw(SCORE, ATTACK)), outOfTime(INNER_MS));
      expect(await outer.callRaw(SCORE, PEACE)).toEqual(PEACE);
      expect(outer.totals()).toMatchObject({ deaths: 1, instances: 2 });
    });
  });
});

describe('in threads, the outer one’s deadline', () => {
  test('ends the outer one, which does not wait for the inner one; that ends by its own', async () => {
    let inner: Plugin | undefined;
    const { capability, errors } = relay('acme:ask/ask@1.0.0', () => inner!, false);
    await besieged({ isolation: 'thread', capabilities: [capability] }, async ({ load }) => {
      inner = await load(FOR_EVER, { limits: { deadlineMs: 5000 } });
      const outer = await load(ASKING(capability.id));
      await inner.callRaw(SCORE, PEACE);
      await outer.callRaw(SCORE, PEACE);
      checkVerdict(await failure(outer.callRaw(SCORE, ATTACK, { deadlineMs: SHORT_MS })), outOfTime(SHORT_MS));
      expect(errors).toEqual([]);
      expect(await outer.callRaw(SCORE, PEACE)).toEqual(PEACE);
      // In line behind the inner call, which nobody waits for any more.
      expect(await inner.callRaw(SCORE, PEACE)).toEqual(PEACE);
      checkVerdict(errors[0] as PluginError, outOfTime(5000));
    });
  });

  test('reaches an inner call through the signal that the handler is given', async () => {
    let inner: Plugin | undefined;
    const errors: unknown[] = [];
    const ask = provideRaw('acme:ask/ask@1.0.0', (request, { signal }) =>
      inner!.callRaw(SCORE, request, { signal }).catch((error) => {
        errors.push(error);
        throw error;
      }),
    );
    await besieged({ isolation: 'thread', capabilities: [ask] }, async ({ load }) => {
      inner = await load(FOR_EVER, { limits: { deadlineMs: LONG_MS } });
      const outer = await load(ASKING(ask.id));
      await inner.callRaw(SCORE, PEACE);
      checkVerdict(await failure(outer.callRaw(SCORE, ATTACK, { deadlineMs: SHORT_MS })), outOfTime(SHORT_MS));
      expect(await inner.callRaw(SCORE, PEACE)).toEqual(PEACE);
      expect(errors).toEqual([expect.objectContaining({ code: 'CALL_ABORTED' })]);
    });
  });

  test('ends a plugin that waits for itself', async () => {
    let plugin: Plugin | undefined;
    const { capability } = relay('acme:ask/ask@1.0.0', () => plugin!, false);
    await besieged({ isolation: 'thread', capabilities: [capability] }, async ({ load }) => {
      plugin = await load(ASKING(capability.id));
      checkVerdict(await failure(plugin.callRaw(SCORE, ATTACK, { deadlineMs: SHORT_MS })), outOfTime(SHORT_MS));
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
    });
  });
});
