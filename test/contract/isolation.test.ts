/** What differs between an instance inline and one in a thread of its own, and that nothing else does. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  createHost,
  defineHook,
  type Plugin,
  type PluginError,
  provide,
  provideRaw,
  str,
  struct,
} from '../../host/index.js';
import { ASK, act, byteOf, closeHosts, HOOK, loadActing, MODES, NAME, packActing } from '../support/acting-plugin.js';
import { rejected, thrown } from '../support/thrown.js';

afterEach(closeHosts);

describe('in a thread', () => {
  test('calls run at the same time', async () => {
    const waiting: (() => void)[] = [];
    const plugin = await loadActing({
      isolation: 'thread',
      pool: { size: 2 },
      // Neither is answered before both have asked.
      answer: (request) =>
        new Promise((resolve) => {
          waiting.push(() => resolve(request));
          if (waiting.length === 2) {
            waiting.forEach((go) => {
              go();
            });
          }
        }),
    });
    const answers = await Promise.all([1, 2].map((byte) => plugin.callRaw(HOOK, act.ask(byte))));
    expect(answers).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(plugin.totals().instances).toBe(2);
  });

  test('the event loop stays free while a guest loops, and others are served', async () => {
    const plugin = await loadActing({ isolation: 'thread', pool: { size: 2 }, limits: { deadlineMs: 2000 } });
    await plugin.callRaw(HOOK, act.echo());
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const looping = rejected(plugin.callRaw(HOOK, act.loop()));
    expect(await plugin.callRaw(HOOK, act.echo(1))).toEqual(act.echo(1));
    expect((await looping).code).toBe('DEADLINE_EXCEEDED');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(20);
  });

  test('a capability may answer later', async () => {
    const plugin = await loadActing({
      isolation: 'thread',
      answer: (request) => new Promise((resolve) => setTimeout(() => resolve(request.map((byte) => byte + 1)), 5)),
    });
    expect(await plugin.callRaw(HOOK, act.ask(1, 2))).toEqual(Uint8Array.of(2, 3));
  });

  test('so may one of types', async () => {
    const text = struct({ text: str });
    const ask = defineHook(ASK, { request: text, response: text });
    const host = await createHost({
      isolation: 'thread',
      capabilities: [provide(ask, async ({ text: asked }) => ({ text: asked.toUpperCase() }))],
    });
    const plugin = await host.load(await packActing());
    const score = defineHook(HOOK, { request: text, response: text });
    // It does not begin like an order, so it is echoed: the types of a promise are what is tested here.
    expect(await plugin.call(score, { text: 'x' })).toEqual({ text: 'x' });
    await host.close();
  });

  test('a handler that waits for its own plugin waits until the deadline where the pool has no room', async () => {
    const inner: Promise<unknown>[] = [];
    const plugin: Plugin = await loadActing({
      isolation: 'thread',
      limits: { deadlineMs: 2000 },
      answer(request) {
        const answer = plugin.callRaw(HOOK, act.count());
        inner.push(byteOf(answer));
        return answer.then(() => request);
      },
    });
    expect((await rejected(plugin.callRaw(HOOK, act.ask()))).code).toBe('DEADLINE_EXCEEDED');
    // And then it is its turn.
    expect(await Promise.all(inner)).toEqual([1]);
  });

  test('a call without a promise is a mistake, which says what to do', async () => {
    const plugin = await loadActing({ isolation: 'thread' });
    const text = struct({ text: str });
    const hook = defineHook(HOOK, { request: text, response: text });
    for (const call of [() => plugin.callRawSync(HOOK, act.echo()), () => plugin.callSync(hook, { text: 'x' })]) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(
        /its instances have threads of their own; use call or callRaw, or load the plugin with isolation: 'inline'/,
      );
    }
  });

  test('standby instances hide the start', async () => {
    const plugin = await loadActing({ isolation: 'thread', pool: { fresh: true, standby: 2 } });
    for (let i = 0; i < 5; i++) {
      expect(await byteOf(plugin.callRaw(HOOK, act.count()))).toBe(1);
    }
    expect(plugin.totals()).toMatchObject({ calls: 5, deaths: 0 });
    expect(plugin.totals().instances).toBeGreaterThanOrEqual(5);
  });
});

describe('inline', () => {
  test('a capability that answers later ends the instance, and the error says what is needed', async () => {
    const plugin = await loadActing({ isolation: 'inline', answer: async (request) => request });
    expect(await rejected(plugin.callRaw(HOOK, act.ask(1)))).toMatchObject({
      code: 'HOST_BUG',
      message: expect.stringContaining(`Plugin "${NAME}": Cannot call ${HOOK}`),
      hint: expect.stringContaining("isolation: 'thread'"),
    });
    expect(await byteOf(plugin.callRaw(HOOK, act.count()))).toBe(1);
  });

  test('one that rejects later is nobody’s unhandled rejection', async () => {
    const plugin = await loadActing({
      isolation: 'inline',
      answer: async () => {
        throw new Error('too late');
      },
    });
    expect((await rejected(plugin.callRaw(HOOK, act.ask(1)))).code).toBe('HOST_BUG');
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('a call from inside a call is PLUGIN_BUSY without a promise and without room', async () => {
    let inner: PluginError | undefined;
    const plugin: Plugin = await loadActing({
      answer(request) {
        inner = thrown(() => plugin.callRawSync(HOOK, act.count()));
        return request;
      },
    });
    expect(plugin.callRawSync(HOOK, act.ask(1))).toEqual(Uint8Array.of(1));
    expect(inner).toMatchObject({
      code: 'PLUGIN_BUSY',
      message: `Plugin "${NAME}": Cannot call ${HOOK}: its instance is serving another call`,
    });
  });

  test('a call inside a call keeps the deadline of the outer one', async () => {
    let inner: PluginError | undefined;
    const plugin: Plugin = await loadActing({
      pool: { size: 2 },
      answer(request) {
        inner = thrown(() => plugin.callRawSync(HOOK, act.loop()));
        return request;
      },
    });
    const outer = await rejected(plugin.callRaw(HOOK, act.askForEver(), { deadlineMs: 1000 }));
    expect(inner).toMatchObject({ code: 'DEADLINE_EXCEEDED', message: expect.stringContaining('longer than 1000 ms') });
    expect(outer).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});

describe.each(MODES)('%s', (isolation) => {
  test('is chosen for a host, and for a plugin against its host', async () => {
    const other = isolation === 'inline' ? 'thread' : 'inline';
    const host = await createHost({ isolation, capabilities: [provideRaw(ASK, (request) => request)] });
    const sif = await packActing();
    const plugins = [await host.load(sif), await host.load(sif, { isolation: other })];
    expect(plugins.map((plugin) => plugin.isolation)).toEqual([isolation, other]);
    for (const plugin of plugins) {
      expect(await plugin.callRaw(HOOK, act.ask(5))).toEqual(Uint8Array.of(5));
    }
    await host.close();
  });

  test('limits are chosen for a plugin against its host', async () => {
    const plugin = await loadActing({
      isolation,
      host: { limits: { deadlineMs: 5000 }, capabilities: [provideRaw(ASK, (request) => request)] },
      limits: { deadlineMs: 60 },
    });
    expect((await rejected(plugin.callRaw(HOOK, act.loop()))).message).toContain('longer than 60 ms');
    await expect(plugin.callRaw(HOOK, act.echo(), { deadlineMs: 61 })).rejects.toThrow(RangeError);
  });

  test('options of a call are checked before anything happens', async () => {
    const plugin = await loadActing({ isolation });
    await expect(plugin.callRaw(HOOK, act.echo(), { timeoutMs: 5 } as never)).rejects.toThrow(TypeError);
    await expect(plugin.callRaw(HOOK, act.echo(), { fuel: 5 })).rejects.toThrow(/not counted/);
    expect(plugin.totals().calls).toBe(0);
  });

  test('an answer that is too long is told by the name of its capability, as the component imports it', async () => {
    const plugin = await loadActing({
      isolation,
      limits: { messageMiB: 1 },
      answer: () => new Uint8Array(2 ** 20 + 1),
    });
    expect(await rejected(plugin.callRaw(HOOK, act.ask()))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/the answer of acme:test\/ask@1\.0\.0 has 1048577 bytes, the limit is 1048576$/),
      details: { lastCalls: ASK },
    });
  });

  test('so are the last calls of a plugin that is ended while it asks', async () => {
    const plugin = await loadActing({ isolation, limits: { deadlineMs: 1000, capabilityCalls: 1e9 } });
    const { code, details } = await rejected(plugin.callRaw(HOOK, act.askForEver()));
    expect([code, new Set(String(details.lastCalls).split(', '))]).toEqual(['DEADLINE_EXCEEDED', new Set([ASK])]);
  });

  test('a plugin that will not stop does not disturb the next plugin', async () => {
    const looping = await loadActing({ isolation, limits: { deadlineMs: 100 } });
    const other = await loadActing({ isolation });
    const [error, answer] = await Promise.all([
      rejected(looping.callRaw(HOOK, act.loop())),
      other.callRaw(HOOK, act.echo(3)),
    ]);
    expect(error.code).toBe('DEADLINE_EXCEEDED');
    expect(answer).toEqual(act.echo(3));
  });
});
