/** An instance in a thread is stopped wherever it is: by its deadline, or because its caller has given up. */
import { getEventListeners } from 'node:events';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Capability, InstanceOptions, SandboxLimits, ThreadInstance } from '../../host/sandbox/index.js';
import { compileComponent } from '../../host/sandbox/index.js';
import { supports } from '../support/attack-parts.js';
import { buildCSurroundings } from '../support/build-c.js';
import { quietOptions, SCORE, type TextPlugin } from '../support/text-plugin.js';
import { startTextThread } from '../support/thread-guest.js';
import { rejected } from '../support/thrown.js';

const LOG = 'wasm-plugin:host/log';
const NOTHING = new Uint8Array();
const withLog = (log: Capability): Partial<InstanceOptions> => ({ capabilities: new Map([[LOG, log]]) });
const ASK = '(call $call (local.get $ptr) (local.get $len) (i32.const 2048))';
const ECHO = '(call $answer (i32.const 0) (local.get $ptr) (local.get $len))';
const LOOP = '(loop $l (br $l))';
const never = (): Promise<never> => new Promise(() => {});
/** Far above what anything here takes, and far below what it would take if nothing stopped it. */
const PATIENCE_MS = 120_000;

/** Keep this thread busy. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const open: ThreadInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((instance) => instance.close()));
});

async function start(
  parts: TextPlugin = {},
  options: Partial<InstanceOptions> = {},
  limits: Partial<SandboxLimits> = {},
): Promise<ThreadInstance> {
  const instance = await startTextThread(parts, options, limits);
  open.push(instance);
  return instance;
}

/** Milliseconds that a promise takes to settle. */
async function timed(promise: Promise<unknown>): Promise<number> {
  const since = performance.now();
  await promise.catch(() => {});
  return performance.now() - since;
}

describe('a deadline ends', () => {
  /** Takes some 100 us, and calls nothing by itself. */
  const roots = Array(6000).fill('f64.const 1.5 f64.div f64.sqrt').join(' ');
  const optimised = 1500;
  /** Later than 100 ms where V8 has to optimise the code first. */
  const places: readonly {
    readonly name: string;
    readonly parts: TextPlugin;
    readonly limits?: Partial<SandboxLimits>;
    readonly deadlineMs?: number;
  }[] = [
    { name: 'a loop in handle', parts: { handle: `${LOOP} unreachable` } },
    {
      name: 'a loop in cabi_realloc',
      parts: { realloc: `(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) ${LOOP} unreachable)` },
    },
    { name: 'a loop in cabi_post', parts: { post: LOOP } },
    { name: 'a loop of calls', parts: { main: `(func $f)`, handle: '(loop $l (call $f) (br $l)) unreachable' } },
    {
      name: 'a loop that catches everything',
      parts: { handle: '(loop $l try throw $t catch_all end (br $l)) unreachable', main: '(tag $t)' },
    },
    {
      name: 'one bulk operation after the other',
      parts: {
        memory: '(memory (export "memory") 900)',
        handle: '(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 50000000)) (br $l)) unreachable',
      },
    },
    {
      name: 'one table operation after the other',
      parts: {
        main: '(table 100000 funcref)',
        handle: '(loop $l (table.fill (i32.const 0) (ref.null func) (i32.const 100000)) (br $l)) unreachable',
      },
    },
    {
      name: 'a loop of calls of a long function that calls nothing',
      parts: {
        main: `(func $long (param f64) (result f64) local.get 0 ${roots})`,
        handle: '(loop $l (drop (call $long (f64.const 2))) (br $l)) unreachable',
      },
      deadlineMs: optimised,
    },
    {
      name: 'a loop of calls of a long function that calls a short one',
      parts: {
        main: `(func $short (param f64) (result f64) (f64.add (local.get 0) (f64.const 1)))
          (func $long (param f64) (result f64) (call $short (local.get 0)) ${roots})`,
        handle: '(loop $l (drop (call $long (f64.const 2))) (br $l)) unreachable',
      },
      deadlineMs: optimised,
    },
    {
      name: 'a loop of calls of a long function whose fuel is counted',
      parts: {
        main: `(func $long (param f64) (result f64) local.get 0 ${roots})`,
        handle: '(loop $l (drop (call $long (f64.const 2))) (br $l)) unreachable',
      },
      limits: { fuel: Number.MAX_SAFE_INTEGER },
      deadlineMs: optimised,
    },
    ...(supports.tailCalls
      ? [
          {
            name: 'a circle of tail calls',
            parts: {
              main: '(func $a (param i32) (result i32) (return_call $b (i32.add (local.get 0) (i32.const 1)))) (func $b (param i32) (result i32) (return_call $a (local.get 0)))',
              handle: '(call $a (i32.const 1))',
            },
            deadlineMs: optimised,
          },
        ]
      : []),
    { name: 'a loop of calls to the host', parts: { handle: `(loop $l ${ASK} (br $l)) unreachable` } },
  ];
  for (const { name, parts, limits = {}, deadlineMs = 100 } of places) {
    test(name, async () => {
      const instance = await start(parts, {}, { capabilityCalls: 1e9, ...limits });
      const call = instance.call(SCORE, NOTHING, { deadlineMs });
      const took = await timed(call);
      const error = await rejected(call);
      expect(error.code).toBe('DEADLINE_EXCEEDED');
      expect(error.message).toBe(`Cannot call ${SCORE}: it ran longer than ${deadlineMs} ms`);
      expect(error.details.hook).toBe(SCORE);
      expect(took).toBeGreaterThan(deadlineMs - 10);
      expect(took).toBeLessThan(PATIENCE_MS);
      expect(instance.failure).toBe(error);
      expect((await rejected(instance.call(SCORE, NOTHING))).code).toBe('PLUGIN_CLOSED');
      expect(await timed(instance.close())).toBeLessThan(PATIENCE_MS);
    });
  }

  test('a loop in a start function', async () => {
    const error = await rejected(
      startTextThread({ main: `(func $begin ${LOOP}) (start $begin)` }, {}, { deadlineMs: 100 }),
    );
    expect(error.code).toBe('DEADLINE_EXCEEDED');
    expect(error.message).toBe('Cannot start the component: it ran longer than 100 ms');
  });

  test('a capability that never answers, and names it', async () => {
    const instance = await start({ handle: `${ASK} ${ECHO}` }, withLog(never));
    const error = await rejected(instance.call(SCORE, NOTHING, { deadlineMs: 1000 }));
    expect(error.code).toBe('DEADLINE_EXCEEDED');
    expect(error.details.lastCalls).toBe(`${LOG}@1.0.0`);
    expect(instance.usage().capabilityCalls).toBe(1);
  });

  test('a capability that blocks the caller’s thread for longer', async () => {
    const slow = withLog(() => {
      block(200);
      return { ok: true, payload: NOTHING };
    });
    const instance = await start({ handle: `${ASK} ${ASK} ${ASK} ${LOOP} unreachable` }, slow);
    const call = instance.call(SCORE, NOTHING, { deadlineMs: 100 });
    expect(await timed(call)).toBeLessThan(PATIENCE_MS);
    expect((await rejected(call)).code).toBe('DEADLINE_EXCEEDED');
  });

  test('one call sooner than the instance’s own would, never later', async () => {
    const endless = { handle: `${LOOP} unreachable` };
    const sooner = await start(endless, {}, { deadlineMs: PATIENCE_MS });
    expect((await rejected(sooner.call(SCORE, NOTHING, { deadlineMs: 40 }))).message).toContain('longer than 40 ms');
    const never = await start(endless, {}, { deadlineMs: 2000 });
    const error = await rejected(never.call(SCORE, NOTHING, { deadlineMs: PATIENCE_MS }));
    expect(error.message).toContain('longer than 2000 ms');
  });
});

describe('a deadline does not end', () => {
  test('a call that answered in time while the caller’s thread was busy', async () => {
    const instance = await start();
    const call = instance.call(SCORE, Uint8Array.of(1), { deadlineMs: 3000 });
    block(3500);
    expect((await call).payload).toEqual(Uint8Array.of(1));
    expect(instance.failure).toBeUndefined();
  });

  test('an instance that does nothing', async () => {
    const instance = await start({}, {}, { deadlineMs: 3000 });
    await instance.call(SCORE, NOTHING);
    await new Promise((resolve) => setTimeout(resolve, 3200));
    expect((await instance.call(SCORE, Uint8Array.of(1))).payload).toEqual(Uint8Array.of(1));
  });

  test('anything at once, however large it is', async () => {
    const instance = await start({}, {}, { deadlineMs: Number.MAX_SAFE_INTEGER });
    expect((await instance.call(SCORE, Uint8Array.of(1))).payload).toEqual(Uint8Array.of(1));
  });
});

describe('a program that sleeps', () => {
  const HOOK = 'acme:echo/echo@1.0.0';
  const ask = (text: string): Uint8Array => new TextEncoder().encode(text);
  let component: Uint8Array;
  beforeAll(async () => {
    component = await buildCSurroundings();
  });

  test('sleeps as long as its deadline allows, and no longer', async () => {
    const compiled = await compileComponent(component, {}, undefined, 'thread');
    const instance = await compiled.startThread(quietOptions());
    open.push(instance);
    expect(new TextDecoder().decode((await instance.call(HOOK, ask('sleep short'))).payload)).toBe('slept 0');
    const call = instance.call(HOOK, ask('sleep long'), { deadlineMs: 100 });
    expect(await timed(call)).toBeLessThan(PATIENCE_MS);
    expect((await rejected(call)).code).toBe('DEADLINE_EXCEEDED');
  });
});

describe('a caller who gives up', () => {
  test('before the call gets an error, and the guest does not run', async () => {
    const seen: Uint8Array[] = [];
    const log = withLog((request) => {
      seen.push(request);
      return { ok: true, payload: NOTHING };
    });
    const instance = await start({ handle: `${ASK} ${ECHO}` }, log);
    const error = await rejected(instance.call(SCORE, NOTHING, { signal: AbortSignal.abort() }));
    expect(error.code).toBe('CALL_ABORTED');
    expect(error.message).toBe(`Cannot call ${SCORE}: the caller gave up`);
    expect(seen).toEqual([]);
    expect(instance.failure).toBeUndefined();
    expect((await instance.call(SCORE, Uint8Array.of(1))).payload).toEqual(Uint8Array.of(1));
  });

  test('while the guest runs ends it at once', async () => {
    const instance = await start({ handle: `${LOOP} unreachable` });
    const controller = new AbortController();
    const call = instance.call(SCORE, NOTHING, { signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    expect(await timed(call)).toBeLessThan(PATIENCE_MS);
    const error = await rejected(call);
    expect(error.code).toBe('CALL_ABORTED');
    expect(instance.failure).toBe(error);
  });

  test('while the component starts gets rid of it', async () => {
    const controller = new AbortController();
    const compiled = await compileComponent(await buildCSurroundings(), {}, undefined, 'thread');
    const starting = compiled.startThread(quietOptions(), controller.signal);
    controller.abort();
    const error = await rejected(starting);
    expect([error.code, error.message]).toEqual(['CALL_ABORTED', 'Cannot start the component: the caller gave up']);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    const again = await rejected(compiled.startThread(quietOptions(), controller.signal));
    expect(again.message).toBe(error.message);
  });

  test('too late changes nothing, and nothing listens any more', async () => {
    const instance = await start();
    const controller = new AbortController();
    const { signal } = controller;
    for (let i = 0; i < 3; i++) {
      await instance.call(SCORE, Uint8Array.of(i), { signal });
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    controller.abort();
    expect((await instance.call(SCORE, Uint8Array.of(1))).payload).toEqual(Uint8Array.of(1));
  });
});

describe('a capability hears through its signal', () => {
  /** Never answers; tells why its signal was aborted. */
  function listening() {
    const reasons: unknown[] = [];
    let asked = (): void => {};
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const options = withLog((_request, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason));
      asked();
      return never();
    });
    return { reasons, wasAsked, options };
  }
  const parts = { handle: `${ASK} ${ECHO}` };

  test('that the deadline has passed', async () => {
    const { reasons, options } = listening();
    const instance = await start(parts, options);
    const error = await rejected(instance.call(SCORE, NOTHING, { deadlineMs: 1000 }));
    expect(reasons).toEqual([error]);
  });

  test('that the caller has given up', async () => {
    const { reasons, wasAsked, options } = listening();
    const instance = await start(parts, options);
    const controller = new AbortController();
    const call = instance.call(SCORE, NOTHING, { signal: controller.signal });
    await wasAsked;
    controller.abort();
    expect(reasons).toEqual([await rejected(call)]);
  });

  test('that the instance was closed', async () => {
    const { reasons, wasAsked, options } = listening();
    const instance = await start(parts, options);
    const call = rejected(instance.call(SCORE, NOTHING));
    await wasAsked;
    await instance.close();
    expect(reasons).toEqual([await call]);
  });

  test('nothing when the call ends well, and the end of a failed one also when it asks afterwards', async () => {
    const contexts: { readonly signal: AbortSignal }[] = [];
    const log = withLog((_request, context) => {
      contexts.push(context);
      return { ok: true, payload: NOTHING };
    });
    const instance = await start(parts, log);
    await instance.call(SCORE, NOTHING);
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false]);
    const failing = await start({ handle: `${ASK} unreachable` }, log);
    const error = await rejected(failing.call(SCORE, NOTHING));
    expect([contexts[1]?.signal.aborted, contexts[1]?.signal.reason]).toEqual([true, error]);
  });

  test('and what it says then is not heard', async () => {
    let answer = (_answer: { ok: boolean; payload: Uint8Array }): void => {};
    const log = withLog(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const instance = await start(parts, log);
    await rejected(instance.call(SCORE, NOTHING, { deadlineMs: 1000 }));
    answer({ ok: true, payload: NOTHING });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(instance.failure?.code).toBe('DEADLINE_EXCEEDED');
  });
});
