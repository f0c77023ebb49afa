/** Calls of one plugin and the instances that serve them: answers, deaths, waiting, replacing, closing; the same inline and in threads. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { encode, errorMessage } from '../../host/abi/index.js';
import { capabilities, createHost, defineHook, type Plugin, str, struct } from '../../host/index.js';
import { act, byteOf, closeHosts, HOOK, loadActing, MODES, NAME } from '../support/acting-plugin.js';
import { packPuppet } from '../support/puppet.js';
import { rejected } from '../support/thrown.js';

afterEach(closeHosts);

const codeOf = async (answer: Promise<unknown>): Promise<string> => (await rejected(answer)).code;
const count = (plugin: Plugin): Promise<number | undefined> => byteOf(plugin.callRaw(HOOK, act.count()));

describe.each(MODES)('%s', (isolation) => {
  describe('a call', () => {
    test('is answered, in bytes and in types', async () => {
      const plugin = await loadActing({ isolation });
      expect(plugin.isolation).toBe(isolation);
      expect(await plugin.callRaw(HOOK, act.echo(1, 2, 3))).toEqual(act.echo(1, 2, 3));
      const text = struct({ text: str });
      const echo = defineHook(HOOK, { request: text, response: text });
      expect(await plugin.call(echo, { text: 'x' })).toEqual({ text: 'x' });
    });

    test('that the plugin refuses leaves the instance alive', async () => {
      const plugin = await loadActing({ isolation });
      const said = encode(errorMessage, { code: 'tired', message: 'not\u001bnow', hint: 'Try later' });
      expect(await rejected(plugin.callRaw(HOOK, act.refuse(said)))).toMatchObject({
        code: 'GUEST_ERROR',
        message: `Plugin "${NAME}": not\\u{1b}now`,
        hint: 'Try later',
        details: { plugin: NAME, hook: HOOK, guestCode: 'tired' },
      });
      expect(await count(plugin)).toBe(2);
    });

    test('that traps names plugin, hook, cause and what it last asked of the host; the next has a fresh instance', async () => {
      const plugin = await loadActing({ isolation });
      await plugin.callRaw(HOOK, act.ask(1));
      expect(await count(plugin)).toBe(2);
      const error = await rejected(plugin.callRaw(HOOK, act.trap()));
      expect(error.code).toBe('GUEST_TRAP');
      expect(error.message).toContain(`Plugin "${NAME}": Cannot call ${HOOK}: the guest trapped, unreachable`);
      expect(error.message).toContain('last host calls: acme:test/ask@1.0.0');
      expect(error.details).toMatchObject({ plugin: NAME, hook: HOOK, lastCalls: 'acme:test/ask@1.0.0' });
      expect(await count(plugin)).toBe(1);
    });

    test('that is too large is refused, and nothing happens to the instance', async () => {
      const plugin = await loadActing({ isolation, limits: { messageMiB: 1 } });
      expect(await count(plugin)).toBe(1);
      expect(await codeOf(plugin.callRaw(HOOK, new Uint8Array(1024 * 1024 + 1)))).toBe('LIMIT_EXCEEDED');
      expect(await count(plugin)).toBe(2);
      expect(plugin.totals().deaths).toBe(0);
    });
  });

  describe('a deadline', () => {
    test('of the plugin ends a call that does not return, and says so', async () => {
      const plugin = await loadActing({ isolation, limits: { deadlineMs: 1000 } });
      expect(await rejected(plugin.callRaw(HOOK, act.loop()))).toMatchObject({
        code: 'DEADLINE_EXCEEDED',
        message: expect.stringContaining(`Plugin "${NAME}": Cannot call ${HOOK}: it ran longer than 1000 ms`),
        details: { plugin: NAME, hook: HOOK },
      });
      expect(await count(plugin)).toBe(1);
    });

    test('of one call is its own', async () => {
      const plugin = await loadActing({ isolation });
      const error = await rejected(plugin.callRaw(HOOK, act.loop(), { deadlineMs: 50 }));
      expect(error.message).toContain('it ran longer than 50 ms');
      expect(await count(plugin)).toBe(1);
    });

    test('ends one that asks the host for ever too', async () => {
      const plugin = await loadActing({ isolation, limits: { deadlineMs: 100, capabilityCalls: 1e12 } });
      expect(await codeOf(plugin.callRaw(HOOK, act.askForEver()))).toBe('DEADLINE_EXCEEDED');
    });
  });

  test('fuel ends a call at its budget, and one call can have less', async () => {
    const plugin = await loadActing({ isolation, limits: { fuel: 1_000_000 } });
    expect((await rejected(plugin.callRaw(HOOK, act.loop()))).message).toContain(
      'it used up its 1000000 units of fuel',
    );
    const less = await rejected(plugin.callRaw(HOOK, act.loop(), { fuel: 5000 }));
    expect(less).toMatchObject({ code: 'FUEL_EXHAUSTED', message: expect.stringContaining('its 5000 units') });
  });

  describe('an instance is replaced', () => {
    const cases = [
      { name: 'never, by default', pool: {}, calls: [1, 2, 3, 4, 5] },
      { name: 'after maxCalls', pool: { maxCalls: 2 }, calls: [1, 2, 1, 2, 1] },
      {
        name: 'after each call with fresh, so that no call finds what another left',
        pool: { fresh: true },
        calls: [1, 1, 1, 1, 1],
      },
    ];
    for (const { name, pool, calls } of cases) {
      test(name, async () => {
        const plugin = await loadActing({ isolation, pool });
        const counted: (number | undefined)[] = [];
        while (counted.length < calls.length) {
          counted.push(await count(plugin));
        }
        expect(counted).toEqual(calls);
        expect(plugin.totals()).toMatchObject({ calls: 5, deaths: 0, instances: calls.filter((n) => n === 1).length });
      });
    }

    test('at its age', async () => {
      const plugin = await loadActing({ isolation, pool: { maxAgeMs: 200 } });
      await count(plugin);
      await sleep(250);
      expect(await count(plugin)).toBe(1);
    });

    test('after a call that leaves it with too much memory', async () => {
      const plugin = await loadActing({ isolation, pool: { maxMemoryMiB: 0.5 } });
      expect([await count(plugin), await count(plugin)]).toEqual([1, 2]);
      // That call still has its answer.
      expect(await plugin.callRaw(HOOK, act.grow())).toEqual(act.grow());
      expect(await count(plugin)).toBe(1);
    });
  });

  describe('from inside a call', () => {
    /** A plugin whose capability calls it, and does not wait for that unless it can. */
    async function recursive(size: number, inner: (plugin: Plugin) => Promise<unknown>) {
      const results: Promise<unknown>[] = [];
      const plugin: Plugin = await loadActing({
        isolation,
        pool: { size },
        answer(request) {
          const result = inner(plugin);
          results.push(result);
          return isolation === 'thread' && size > 1 ? result.then(() => request) : request;
        },
      });
      return { plugin, results };
    }

    test('another call has another instance while there is room', async () => {
      const { plugin, results } = await recursive(2, count);
      await plugin.callRaw(HOOK, act.ask(0));
      expect(await Promise.all(results)).toEqual([1]);
      expect(plugin.totals().instances).toBe(2);
    });

    test('and waits for the same one when there is none', async () => {
      const { plugin, results } = await recursive(1, count);
      await plugin.callRaw(HOOK, act.ask(0));
      expect(await Promise.all(results)).toEqual([2]);
      expect(plugin.totals().instances).toBe(1);
    });

    test('those that wait are served in order, before those that come later', async () => {
      const { plugin, results } = await recursive(1, (self) => Promise.all([count(self), count(self), count(self)]));
      await plugin.callRaw(HOOK, act.ask(0));
      expect(await count(plugin)).toBe(5);
      expect(await Promise.all(results)).toEqual([[2, 3, 4]]);
    });

    test('more than maxQueued are refused', async () => {
      const codes: Promise<string>[] = [];
      const waiting: Promise<Uint8Array>[] = [];
      const plugin: Plugin = await loadActing({
        isolation,
        pool: { maxQueued: 2 },
        answer(request) {
          waiting.push(plugin.callRaw(HOOK, act.echo(1)), plugin.callRaw(HOOK, act.echo(2)));
          codes.push(codeOf(plugin.callRaw(HOOK, act.echo(3))));
          return request;
        },
      });
      await plugin.callRaw(HOOK, act.ask(0));
      expect(await Promise.all(codes)).toEqual(['LIMIT_EXCEEDED']);
      expect((await Promise.all(waiting)).map((answer) => answer[1])).toEqual([1, 2]);
    });
  });

  describe('close()', () => {
    test('fails those who wait, and settles all', async () => {
      const waiting: Promise<string>[] = [];
      let closing: Promise<void> = Promise.resolve();
      const plugin: Plugin = await loadActing({
        isolation,
        answer(request) {
          waiting.push(codeOf(plugin.callRaw(HOOK, act.echo(1))), codeOf(plugin.callRaw(HOOK, act.echo(2))));
          closing = plugin.close();
          return request;
        },
      });
      const running = plugin.callRaw(HOOK, act.ask(0)).then(
        () => 'answered',
        (error) => error.code,
      );
      // Inline nobody can end the call that closes; in a thread nothing need be waited for.
      expect(await running).toBe(isolation === 'inline' ? 'answered' : 'PLUGIN_CLOSED');
      await closing;
      expect(await Promise.all(waiting)).toEqual(['PLUGIN_CLOSED', 'PLUGIN_CLOSED']);
      expect(await codeOf(plugin.callRaw(HOOK, act.echo()))).toBe('PLUGIN_CLOSED');
    });

    test('before the first call, and twice', async () => {
      const plugin = await loadActing({ isolation });
      await Promise.all([plugin.close(), plugin.close()]);
      await plugin.close();
      expect(plugin.totals().instances).toBe(0);
    });

    test('while the instance starts', async () => {
      const plugin = await loadActing({ isolation });
      const answer = plugin.callRaw(HOOK, act.echo()).then(
        () => 'answered',
        (error) => error.code,
      );
      await plugin.close();
      expect(await answer).toBe(isolation === 'inline' ? 'answered' : 'PLUGIN_CLOSED');
    });
  });

  test('each call has a log budget of its own', async () => {
    const lines: string[] = [];
    const host = await createHost({ isolation, limits: { logKiBPerCall: 1 }, log: ({ text }) => lines.push(text) });
    const handle = '(call $call (local.get $ptr) (local.get $len) (i32.const 2048)) (i32.const 2048)';
    const plugin = await host.load(await packPuppet({ parts: { handle } }));
    const line = encode(capabilities.log.request, { level: 'info', message: 'x'.repeat(1024) });
    await plugin.callRaw(HOOK, line);
    await plugin.callRaw(HOOK, line);
    await host.close();
    const cut = 'log cut: more than 1024 bytes in one call';
    expect(lines.map((text) => text.replace(/^x+$/, 'a line'))).toEqual(['a line', cut, 'a line', cut]);
  });

  test('what asks the host is part of its own call, however long that waited', async () => {
    const caller = new AsyncLocalStorage<number>();
    const seen: string[] = [];
    const inner: Promise<unknown>[] = [];
    const plugin: Plugin = await loadActing({
      isolation,
      answer(request) {
        seen.push(`${request[0]} asked in ${caller.getStore()}`);
        if (request[0] === 0) {
          inner.push(...[1, 2].map((n) => caller.run(n, () => plugin.callRaw(HOOK, act.ask(n)))));
        }
        return request;
      },
    });
    await caller.run(0, () => plugin.callRaw(HOOK, act.ask(0)));
    await Promise.all(inner);
    expect(seen).toEqual(['0 asked in 0', '1 asked in 1', '2 asked in 2']);
  });

  test('a hundred calls at once each get their own answer', async () => {
    const plugin = await loadActing({ isolation, pool: { size: 2 } });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => plugin.callRaw(HOOK, act.echo(i))));
    expect(answers.map((answer) => answer[1])).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
