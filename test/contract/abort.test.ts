/** A caller that gives up: before, while it waits, while the guest runs; and what the guest's questions to the host hear of it. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { Plugin } from '../../host/index.js';
import { act, byteOf, closeHosts, HOOK, loadActing, MODES, NAME } from '../support/acting-plugin.js';
import { rejected } from '../support/thrown.js';

afterEach(closeHosts);

const GAVE_UP = {
  code: 'CALL_ABORTED',
  // Where the guest was, if it was at work, may follow.
  message: expect.stringContaining(`Plugin "${NAME}": Cannot call ${HOOK}: the caller gave up`),
};
const REASON = new Error('the user closed the window');
const count = (plugin: Plugin): Promise<number | undefined> => byteOf(plugin.callRaw(HOOK, act.count()));

describe.each(MODES)('%s: a call whose caller gave up', (isolation) => {
  test('before it is not made, and starts nothing', async () => {
    const plugin = await loadActing({ isolation });
    const given = { signal: AbortSignal.abort(REASON) };
    const error = await rejected(plugin.callRaw(HOOK, act.trap(), given));
    expect(error).toMatchObject(GAVE_UP);
    expect((error as Error).cause).toBe(REASON);
    expect(plugin.totals()).toMatchObject({ calls: 0, instances: 0 });
  });

  test('before leaves a live instance as it is', async () => {
    const plugin = await loadActing({ isolation });
    await count(plugin);
    expect(await rejected(plugin.callRaw(HOOK, act.echo(), { signal: AbortSignal.abort() }))).toMatchObject(GAVE_UP);
    expect(await count(plugin)).toBe(2);
  });

  test('while it waits leaves the line, and costs nobody anything', async () => {
    const controller = new AbortController();
    let waiting: Promise<unknown> = Promise.resolve();
    let next: Promise<number | undefined> = Promise.resolve(undefined);
    const plugin: Plugin = await loadActing({
      isolation,
      answer(request) {
        waiting = rejected(plugin.callRaw(HOOK, act.echo(), { signal: controller.signal }));
        next = count(plugin);
        controller.abort(REASON);
        return request;
      },
    });
    await plugin.callRaw(HOOK, act.ask());
    expect(await waiting).toMatchObject({ ...GAVE_UP, cause: REASON });
    expect(await next).toBe(2);
    expect(plugin.totals()).toMatchObject({ calls: 2, failures: 0, deaths: 0 });
  });

  test('while the guest runs ends it where it next asks the host, and the next call has a fresh instance', async () => {
    const controller = new AbortController();
    let asked = 0;
    const plugin = await loadActing({
      isolation,
      answer(request) {
        asked++;
        if (asked === 3) {
          controller.abort(REASON);
        }
        return request;
      },
    });
    const error = await rejected(plugin.callRaw(HOOK, act.askForEver(), { signal: controller.signal }));
    expect(error).toMatchObject({ ...GAVE_UP, cause: REASON });
    expect(asked).toBe(3);
    expect(await count(plugin)).toBe(1);
    expect(plugin.totals().deaths).toBe(1);
  });

  test('after it was answered keeps its answer', async () => {
    const plugin = await loadActing({ isolation });
    const controller = new AbortController();
    expect(await plugin.callRaw(HOOK, act.echo(1), { signal: controller.signal })).toEqual(act.echo(1));
    controller.abort();
    expect(await count(plugin)).toBe(2);
  });

  test('is not held against the plugin', async () => {
    const plugin = await loadActing({ isolation, quarantine: { crashes: 1 } });
    const controller = new AbortController();
    const abort = await loadActing({
      isolation,
      quarantine: { crashes: 1 },
      answer(request) {
        controller.abort();
        return request;
      },
    });
    expect(await rejected(abort.callRaw(HOOK, act.askForEver(), { signal: controller.signal }))).toMatchObject(GAVE_UP);
    expect(await count(abort)).toBe(1);
    expect(await count(plugin)).toBe(1);
  });

  test('may share its signal with many others', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => {
      warnings.push(warning.name);
    };
    process.on('warning', onWarning);
    const { signal } = new AbortController();
    const calls: Promise<unknown>[] = [];
    const many = (plugin: Plugin) => Array.from({ length: 30 }, () => plugin.callRaw(HOOK, act.echo(), { signal }));
    const plugin: Plugin = await loadActing({
      isolation,
      answer(request) {
        calls.push(...many(plugin));
        return request;
      },
    });
    await plugin.callRaw(HOOK, act.ask(), { signal });
    await Promise.all(calls);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(calls).toHaveLength(30);
    expect(warnings).toEqual([]);
  });

  test('and its signal keeps no listener of ours', async () => {
    const plugin = await loadActing({ isolation });
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    await Promise.all([1, 2, 3].map((byte) => plugin.callRaw(HOOK, act.echo(byte), { signal })));
    expect(listeners).toBe(0);
  });
});

describe('thread: a call whose caller gave up', () => {
  test('while the guest loops ends at once', async () => {
    const plugin = await loadActing({ isolation: 'thread' });
    await count(plugin);
    const controller = new AbortController();
    const answer = plugin.callRaw(HOOK, act.loop(), { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    expect(await rejected(answer)).toMatchObject(GAVE_UP);
    expect(await count(plugin)).toBe(1);
  });

  test('while its thread starts leaves the thread to the next', async () => {
    const plugin = await loadActing({ isolation: 'thread' });
    const controller = new AbortController();
    const answer = plugin.callRaw(HOOK, act.count(), { signal: controller.signal });
    controller.abort();
    expect(await rejected(answer)).toMatchObject(GAVE_UP);
    expect(await count(plugin)).toBe(1);
    expect(plugin.totals().instances).toBe(1);
  });

  test('while others run in the same pool disturbs none of them', async () => {
    const controller = new AbortController();
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const plugin = await loadActing({
      isolation: 'thread',
      pool: { size: 2 },
      answer: (request) => released.then(() => request),
    });
    const kept = plugin.callRaw(HOOK, act.ask(7));
    const dropped = plugin.callRaw(HOOK, act.ask(8), { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    expect(await rejected(dropped)).toMatchObject(GAVE_UP);
    release();
    expect(await kept).toEqual(Uint8Array.of(7));
  });
});

describe('thread: a capability that is still at work hears of it', () => {
  const endings = [
    { name: 'when its caller gives up', end: (controller: AbortController) => controller.abort(), options: {} },
    { name: 'when the deadline passes', end: () => {}, options: { deadlineMs: 100 } },
  ];
  for (const { name, end, options } of endings) {
    test(name, async () => {
      const controller = new AbortController();
      let heard: Promise<unknown> = Promise.resolve('not asked');
      const plugin = await loadActing({
        isolation: 'thread',
        answer(_request, { signal }) {
          heard = once(signal, 'abort');
          setImmediate(() => end(controller));
          return new Promise(() => {});
        },
      });
      await rejected(plugin.callRaw(HOOK, act.ask(), { signal: controller.signal, ...options }));
      await heard;
    });
  }

  test('when the plugin is closed', async () => {
    let asked = (): void => {};
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let heard: Promise<unknown> = Promise.resolve('not asked');
    const plugin = await loadActing({
      isolation: 'thread',
      answer(_request, { signal }) {
        heard = once(signal, 'abort');
        asked();
        return new Promise(() => {});
      },
    });
    const answer = rejected(plugin.callRaw(HOOK, act.ask()));
    await wasAsked;
    await plugin.close();
    expect((await answer).code).toBe('PLUGIN_CLOSED');
    await heard;
  });

  test('and not when the call was answered', async () => {
    let signalOf: AbortSignal | undefined;
    const plugin = await loadActing({
      isolation: 'thread',
      answer(request, { signal }) {
        signalOf = signal;
        return request;
      },
    });
    await plugin.callRaw(HOOK, act.ask());
    expect(signalOf?.aborted).toBe(false);
  });
});
