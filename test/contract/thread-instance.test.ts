/** An instance in a thread of its own does what one in this thread does. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, test } from 'vitest';
import { PluginError } from '../../host/errors/index.js';
import type { Capability, InstanceOptions, SandboxLimits, ThreadInstance } from '../../host/sandbox/index.js';
import { compileComponent } from '../../host/sandbox/index.js';
import { ECHO, quietOptions, SCORE, startTextPlugin, type TextPlugin, textPlugin } from '../support/text-plugin.js';
import { startTextThread } from '../support/thread-guest.js';
import { rejected, thrown } from '../support/thrown.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const LOG = 'wasm-plugin:host/log';
const withLog = (log: Capability): Partial<InstanceOptions> => ({ capabilities: new Map([[LOG, log]]) });

/** Sends the request to the capability and answers with the arm and the payload that it gets. */
const RELAY = `(call $call (local.get $ptr) (local.get $len) (i32.const 2048))
  (call $answer (i32.load8_u (i32.const 2048)) (i32.load (i32.const 2052)) (i32.load (i32.const 2056)))`;
/** Adds one to a number that it keeps. */
const COUNT = {
  main: '(global $count (mut i32) (i32.const 0))',
  handle: `(global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store (i32.const 512) (global.get $count)) (call $answer (i32.const 0) (i32.const 512) (i32.const 4))`,
};
const TRAPPING_REALLOC = '(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)';

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

describe('call()', () => {
  test('gives back what the guest answers', async () => {
    const instance = await start();
    expect(await instance.call(SCORE, bytes(1, 2, 3))).toEqual({ ok: true, payload: bytes(1, 2, 3) });
    expect(await instance.call(SCORE, bytes())).toEqual({ ok: true, payload: bytes() });
  });

  test('tells the error arm from the value', async () => {
    const instance = await start({ handle: '(call $answer (i32.const 1) (local.get $ptr) (local.get $len))' });
    expect(await instance.call(SCORE, bytes(7))).toEqual({ ok: false, payload: bytes(7) });
    expect(instance.failure).toBeUndefined();
  });

  test('copies a request, and no more of its buffer than that', async () => {
    const instance = await start();
    const large = new Uint8Array(3_000_000).map((_, i) => i % 251);
    expect(Buffer.compare((await instance.call(SCORE, large)).payload, large)).toBe(0);
    expect(large.byteLength).toBe(3_000_000);
    const { payload } = await instance.call(SCORE, large.subarray(2, 5));
    expect([...payload, payload.buffer.byteLength]).toEqual([2, 3, 4, 3]);
    const request = bytes(1, 2);
    const call = instance.call(SCORE, request);
    request.fill(9);
    expect((await call).payload).toEqual(bytes(1, 2));
  });

  test('goes to the same instance each time', async () => {
    const instance = await start(COUNT);
    for (let i = 1; i <= 100; i++) {
      expect(Buffer.from((await instance.call(SCORE, bytes())).payload).readInt32LE()).toBe(i);
    }
  });

  test('of eight instances at once keeps them apart', async () => {
    const instances = await Promise.all(Array.from({ length: 8 }, () => start(COUNT)));
    const last = await Promise.all(
      instances.map(async (instance, i) => {
        let payload = bytes();
        for (let n = 0; n <= i; n++) {
          payload = (await instance.call(SCORE, bytes())).payload;
        }
        return Buffer.from(payload).readInt32LE();
      }),
    );
    expect(last).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('refuses a second one while the first is running, which goes on', async () => {
    const instance = await start();
    const first = instance.call(SCORE, bytes(1));
    expect((await rejected(instance.call(SCORE, bytes(2)))).code).toBe('PLUGIN_BUSY');
    expect((await first).payload).toEqual(bytes(1));
    expect((await instance.call(SCORE, bytes(3))).payload).toEqual(bytes(3));
  });

  test('tells what it used', async () => {
    const instance = await start({ handle: `${RELAY.split('\n')[0]} ${ECHO}` }, {}, { fuel: 1_000_000 });
    const started = instance.usage();
    expect(started).toMatchObject({ capabilityCalls: 0, memoryBytes: 65_536 });
    await instance.call(SCORE, new Uint8Array(300_000));
    const { fuel, cpuMs, memoryBytes, capabilityCalls } = instance.usage();
    expect({ memoryBytes, capabilityCalls }).toEqual({ memoryBytes: 65_536 * 6, capabilityCalls: 1 });
    expect(fuel).toBeGreaterThanOrEqual(0);
    expect(typeof cpuMs).toBe('threadCpuUsage' in process ? 'number' : 'undefined');
  });
});

describe('what goes wrong is told as it is inline:', () => {
  const BIG = '(i32.store (i32.const 1024) (i32.const 0))';
  const cases: readonly {
    readonly name: string;
    readonly parts?: TextPlugin;
    readonly options?: Partial<InstanceOptions>;
    readonly limits?: Partial<SandboxLimits>;
    readonly hook?: string;
    readonly request?: Uint8Array;
    readonly want: string;
  }[] = [
    { name: 'a trap', parts: { handle: 'unreachable' }, want: 'GUEST_TRAP' },
    {
      name: 'a division by zero after calls to the host',
      parts: { handle: `${RELAY.split('\n')[0]} (i32.div_u (i32.const 1) (i32.const 0))` },
      options: { ...withLog(() => ({ ok: true, payload: bytes() })), lastWords: () => 'I meant\nwell' },
      want: 'GUEST_TRAP',
    },
    {
      name: 'endless recursion',
      parts: { main: '(func $f (call $f))', handle: '(call $f) unreachable' },
      want: 'GUEST_TRAP',
    },
    { name: 'an exception', parts: { main: '(tag $t)', handle: 'throw $t' }, want: 'GUEST_TRAP' },
    { name: 'a result area in the void', parts: { handle: `${BIG} (i32.const -4)` }, want: 'GUEST_TRAP' },
    { name: 'an allocator that traps', parts: { realloc: TRAPPING_REALLOC }, want: 'GUEST_TRAP' },
    { name: 'a post-return that traps', parts: { post: 'unreachable' }, want: 'GUEST_TRAP' },
    {
      name: 'an answer above the limit',
      parts: { handle: '(call $answer (i32.const 0) (i32.const 0) (i32.const 5))' },
      limits: { messageBytes: 4 },
      want: 'LIMIT_EXCEEDED',
    },
    {
      name: 'a request above the limit',
      limits: { messageBytes: 4 },
      request: bytes(1, 2, 3, 4, 5),
      want: 'LIMIT_EXCEEDED',
    },
    {
      name: 'too many calls to the host',
      parts: { handle: `(loop $l ${RELAY.split('\n')[0]} (br $l)) unreachable` },
      limits: { capabilityCalls: 3 },
      want: 'LIMIT_EXCEEDED',
    },
    { name: 'a hook that is not there', hook: 'acme:score/other@1.0.0', want: 'HOOK_MISSING' },
    {
      name: 'a capability that throws',
      parts: { handle: RELAY },
      options: withLog(() => {
        throw new RangeError('no\u001b[31m room');
      }),
      want: 'HOST_BUG',
    },
    {
      name: 'a capability that throws an error of ours',
      parts: { handle: RELAY },
      options: withLog(() => {
        throw new PluginError('IO_FAILED', 'Cannot read it', { hint: 'Wait.' });
      }),
      want: 'IO_FAILED',
    },
  ];

  for (const { name, parts = {}, options = {}, limits = {}, hook = SCORE, request = bytes(1), want } of cases) {
    test(`${name}: ${want}`, async () => {
      const inline = await startTextPlugin(parts, options, limits);
      const expected = thrown(() => inline.call(hook, request));
      const instance = await start(parts, options, limits);
      const error = await rejected(instance.call(hook, request));
      expect(error.code).toBe(want);
      expect(facts(error)).toEqual(facts(expected));
      expect(instance.failure === error).toBe(inline.failure === expected);
      if (inline.failure !== undefined) {
        const again = await rejected(instance.call(SCORE, bytes()));
        expect(facts(again)).toEqual(facts(thrown(() => inline.call(SCORE, bytes()))));
        expect(again.cause).toBe(error);
      }
    });
  }

  test('a start function that traps', async () => {
    const parts = { main: '(func $begin unreachable) (start $begin)' };
    const error = await rejected(startTextThread(parts));
    expect(facts(error)).toEqual(facts(await rejected(startTextPlugin(parts))));
    expect(error.message).toMatch(/^Cannot start the component: the guest trapped/);
  });

  test('a component that wants more memory than this instance gets', async () => {
    const component = await textPlugin({ memory: '(memory (export "memory") 4)' });
    const options = quietOptions({ limits: { memoryBytes: 65_536 } });
    const inThread = await compileComponent(component, {}, undefined, 'thread');
    const inline = await compileComponent(component);
    const error = await rejected(inThread.startThread(options));
    expect(facts(error)).toEqual(facts(thrown(() => inline.instantiate(options))));
    expect(error.code).toBe('LIMIT_EXCEEDED');
  });

  test('fuel that is used up', async () => {
    const instance = await start({ handle: '(loop $l (br $l)) unreachable' }, {}, { fuel: 1_000_000_000 });
    const error = await rejected(instance.call(SCORE, bytes(), { fuel: 1000 }));
    expect(error.message).toContain(`Cannot call ${SCORE}: it used up its 1000 units of fuel`);
    expect(error.code).toBe('FUEL_EXHAUSTED');
  });

  /** What a reader sees of an error. The same code stands at other places in a module without a meter. */
  function facts({ code, message, hint, details }: PluginError) {
    const { hook, lastCalls, length, limit } = details;
    return { code, message, hint, details: { hook, lastCalls, length, limit } };
  }
});

describe('a capability', () => {
  test('gets a copy of the request, and both arms of its answer go back', async () => {
    const seen: Uint8Array[] = [];
    const kept = new Uint8Array(100).fill(3);
    const instance = await start(
      { handle: RELAY },
      withLog((request) => {
        seen.push(request);
        return { ok: request[0] !== 0, payload: kept.subarray(0, 2) };
      }),
    );
    expect(await instance.call(SCORE, bytes(1))).toEqual({ ok: true, payload: bytes(3, 3) });
    expect(await instance.call(SCORE, bytes(0))).toEqual({ ok: false, payload: bytes(3, 3) });
    expect(seen).toEqual([bytes(1), bytes(0)]);
    expect(kept.byteLength).toBe(100);
  });

  test('may take and give large messages', async () => {
    const instance = await start(
      { handle: RELAY },
      withLog((request) => ({ ok: true, payload: Buffer.from(request).reverse() })),
    );
    const request = new Uint8Array(2_000_000).map((_, i) => i % 241);
    expect(Buffer.compare((await instance.call(SCORE, request)).payload, request.slice().reverse())).toBe(0);
  });

  test('that answers with more than a message may have ends the guest', async () => {
    const large = withLog(() => ({ ok: true, payload: new Uint8Array(5) }));
    const instance = await start({ handle: RELAY }, large, { messageBytes: 4 });
    const error = await rejected(instance.call(SCORE, bytes()));
    expect(error.code).toBe('LIMIT_EXCEEDED');
    expect(error.message).toContain(`the answer of ${LOG}@1.0.0 has 5 bytes, the limit is 4`);
  });

  test('may answer later', async () => {
    const instance = await start(
      { handle: RELAY },
      withLog(async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { ok: true, payload: Buffer.concat([request, request]) };
      }),
    );
    expect((await instance.call(SCORE, bytes(4, 5))).payload).toEqual(bytes(4, 5, 4, 5));
  });

  test('may answer with a promise of any make', async () => {
    const thenable = Object.fromEntries([
      ['then', (done: (answer: unknown) => void) => done({ ok: true, payload: bytes(1) })],
    ]);
    const instance = await start(
      { handle: RELAY },
      withLog(() => thenable as never),
    );
    expect((await instance.call(SCORE, bytes())).payload).toEqual(bytes(1));
  });

  const failures = [
    {
      name: 'that throws',
      fail: (error: Error) =>
        withLog(() => {
          throw error;
        }),
    },
    { name: 'that rejects', fail: (error: Error) => withLog(() => Promise.reject(error)) },
  ];
  for (const { name, fail } of failures) {
    test(`${name} ends the guest, and its error is the cause`, async () => {
      const error = new Error('no room');
      const instance = await start({ handle: RELAY }, fail(error));
      const failure = await rejected(instance.call(SCORE, bytes()));
      expect(failure.code).toBe('HOST_BUG');
      expect(failure.message).toBe(`Cannot call ${SCORE}: ${LOG}@1.0.0 failed, no room`);
      expect(failure.cause).toBe(error);
    });
  }

  const wrong = [undefined, {}, { ok: true, payload: 'text' }, Promise.resolve(7)];
  for (const answer of wrong) {
    test(`that answers ${JSON.stringify(answer)} ends the guest with HOST_BUG`, async () => {
      const instance = await start(
        { handle: RELAY },
        withLog(() => answer as never),
      );
      expect((await rejected(instance.call(SCORE, bytes()))).code).toBe('HOST_BUG');
    });
  }

  test('that is missing is refused with what the host says', async () => {
    const asked: string[] = [];
    const missing = (name: string): Uint8Array => {
      asked.push(name);
      return bytes(8);
    };
    const instance = await start({ handle: RELAY, capability: 'wasm-plugin:host/future@1.0.0' }, { missing });
    expect(await instance.call(SCORE, bytes())).toEqual({ ok: false, payload: bytes(8) });
    expect(await instance.call(SCORE, bytes())).toEqual({ ok: false, payload: bytes(8) });
    expect(asked).toEqual(['wasm-plugin:host/future']);
  });

  test('runs in the surroundings of its call, not in those of the start', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const instance = await storage.run('start', () =>
      start(
        { handle: RELAY },
        withLog(async () => {
          seen.push(storage.getStore());
          return { ok: true, payload: bytes() };
        }),
      ),
    );
    await storage.run('first', () => instance.call(SCORE, bytes()));
    await storage.run('second', () => instance.call(SCORE, bytes()));
    expect(seen).toEqual(['first', 'second']);
  });

  test('that calls its own instance is refused', async () => {
    let instance: ThreadInstance | undefined;
    const log: Capability = async () => {
      const error = await rejected(instance!.call(SCORE, bytes()));
      return { ok: true, payload: Buffer.from(error.code) };
    };
    instance = await start({ handle: RELAY }, withLog(log));
    expect(Buffer.from((await instance.call(SCORE, bytes())).payload).toString()).toBe('PLUGIN_BUSY');
  });
});
