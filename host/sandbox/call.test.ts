import { describe, expect, test } from 'vitest';
import { ECHO, SCORE, startTextPlugin } from '../../test/support/text-plugin.js';
import { rejected, thrown } from '../../test/support/thrown.js';
import type { PluginError } from '../errors/index.js';
import type { Capability, ComponentInstance } from './index.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

async function failing(handle: string, limits = {}): Promise<PluginError> {
  const instance = await startTextPlugin({ handle }, {}, limits);
  return thrown(() => instance.call(SCORE, bytes(1, 2, 3)));
}

describe('call()', () => {
  test('gives back what the guest answers, as a copy', async () => {
    const instance = await startTextPlugin();
    const first = instance.call(SCORE, bytes(1, 2, 3));
    const second = instance.call(SCORE, bytes(9, 9, 9));
    expect(first).toEqual({ ok: true, payload: bytes(1, 2, 3) });
    expect(second.payload).toEqual(bytes(9, 9, 9));
    expect(first.payload.buffer.byteLength).toBe(3);
  });

  test('takes an empty request and an empty answer', async () => {
    const instance = await startTextPlugin();
    expect(instance.call(SCORE, bytes())).toEqual({ ok: true, payload: bytes() });
  });

  test('tells the error arm from the value', async () => {
    const instance = await startTextPlugin({
      handle: '(call $answer (i32.const 1) (local.get $ptr) (local.get $len))',
    });
    expect(instance.call(SCORE, bytes(7))).toEqual({ ok: false, payload: bytes(7) });
    expect(instance.failure).toBeUndefined();
  });

  test('fetches the memory anew after the guest has grown it in realloc and in handle', async () => {
    const instance = await startTextPlugin({ handle: `(drop (memory.grow (i32.const 3))) ${ECHO}` });
    const request = new Uint8Array(300_000).fill(5);
    for (let i = 0; i < 3; i++) {
      expect(Buffer.compare(instance.call(SCORE, request).payload, request)).toBe(0);
    }
  });

  test('runs post-return with the result area after the answer was copied', async () => {
    const instance = await startTextPlugin({
      post: '(memory.fill (i32.load offset=4 (local.get $area)) (i32.const 0xff) (i32.load offset=8 (local.get $area)))',
    });
    expect(instance.call(SCORE, bytes(1, 2)).payload).toEqual(bytes(1, 2));
  });

  test('refuses a hook that is not there and stays usable', async () => {
    const instance = await startTextPlugin();
    expect(thrown(() => instance.call('acme:score/other@1.0.0', bytes())).code).toBe('HOOK_MISSING');
    expect(instance.call(SCORE, bytes(1)).ok).toBe(true);
  });

  test('refuses a request above the limit before the guest sees it', async () => {
    const instance = await startTextPlugin({}, {}, { messageBytes: 4 });
    expect(thrown(() => instance.call(SCORE, bytes(1, 2, 3, 4, 5))).code).toBe('LIMIT_EXCEEDED');
    expect(instance.failure).toBeUndefined();
    expect(instance.call(SCORE, bytes(1, 2, 3, 4)).ok).toBe(true);
  });

  test('serves nobody after close()', async () => {
    const instance = await startTextPlugin();
    instance.close();
    expect(thrown(() => instance.call(SCORE, bytes())).code).toBe('PLUGIN_CLOSED');
  });
});

describe('an answer that lies about memory', () => {
  const cases = [
    { name: 'a result area behind the end', handle: '(i32.const 65536)', says: 'result area' },
    { name: 'a result area that ends one byte behind the end', handle: '(i32.const 65528)', says: 'result area' },
    { name: 'a result area at the highest address', handle: '(i32.const -4)', says: 'result area' },
    { name: 'a result area that is not aligned', handle: '(i32.const 1025)', says: 'aligned' },
    { name: 'an unknown tag', handle: '(call $answer (i32.const 2) (i32.const 0) (i32.const 0))', says: 'tag is 2' },
    {
      name: 'a payload behind the end',
      handle: '(call $answer (i32.const 0) (i32.const 65536) (i32.const 1))',
      says: '65536',
    },
    {
      name: 'a length that wraps',
      handle: '(call $answer (i32.const 0) (i32.const 16) (i32.const -8))',
      says: '4294967288',
    },
    {
      name: 'a pointer of -1',
      handle: '(call $answer (i32.const 0) (i32.const -1) (i32.const 1))',
      says: '4294967295',
    },
  ];
  for (const { name, handle, says } of cases) {
    test(`is an error for ${name}`, async () => {
      const error = await failing(handle, { messageBytes: 2 ** 32 });
      expect(error.code).toBe('GUEST_TRAP');
      expect(error.message).toContain(says);
    });
  }

  test('accepts a payload that ends on the last byte', async () => {
    const instance = await startTextPlugin({ handle: '(call $answer (i32.const 0) (i32.const 65533) (i32.const 3))' });
    expect(instance.call(SCORE, bytes()).payload.byteLength).toBe(3);
  });

  test('is LIMIT_EXCEEDED for an answer above the limit, before anything is copied', async () => {
    const instance = await startTextPlugin(
      { handle: '(call $answer (i32.const 0) (i32.const 0) (i32.const 5))' },
      {},
      { messageBytes: 4 },
    );
    expect(thrown(() => instance.call(SCORE, bytes())).code).toBe('LIMIT_EXCEEDED');
    expect(instance.failure?.code).toBe('LIMIT_EXCEEDED');
  });
});

describe('an allocator that lies', () => {
  const realloc = (body: string): string =>
    `(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) ${body})`;
  const cases = [
    { name: 'points behind the end', body: '(i32.const 65536)' },
    { name: 'points where the request ends one byte behind the end', body: '(i32.const 65534)' },
    { name: 'points to the highest address', body: '(i32.const -1)' },
  ];
  for (const { name, body } of cases) {
    test(`is an error when it ${name}`, async () => {
      const instance = await startTextPlugin({ realloc: realloc(body) });
      const error = thrown(() => instance.call(SCORE, bytes(1, 2, 3)));
      expect(error.code).toBe('GUEST_TRAP');
      expect(error.message).toContain('cabi_realloc');
    });
  }

  test('may overlap everything: the guest harms only itself', async () => {
    const instance = await startTextPlugin({ realloc: realloc('(i32.const 1024)') });
    expect(instance.call(SCORE, bytes(1, 2, 3)).ok).toBe(true);
  });

  test('that traps is a trap', async () => {
    const instance = await startTextPlugin({ realloc: realloc('unreachable') });
    expect(thrown(() => instance.call(SCORE, bytes())).message).toContain('unreachable');
  });
});

describe('a trap', () => {
  const traps = [
    { name: 'unreachable', handle: 'unreachable', says: 'unreachable' },
    { name: 'a division by zero', handle: '(i32.div_u (i32.const 1) (i32.const 0))', says: 'divide by zero' },
    { name: 'a load out of bounds', handle: '(i32.load (i32.const -1))', says: 'out of bounds' },
  ];
  for (const { name, handle, says } of traps) {
    test(`names the hook and the cause of ${name}`, async () => {
      const error = await failing(handle);
      expect(error.code).toBe('GUEST_TRAP');
      expect(error.message).toContain(SCORE);
      expect(error.message).toContain(says);
    });
  }

  test('of an exhausted stack is one', async () => {
    const instance = await startTextPlugin({ handle: '(call $deep) (i32.const 0)', main: '(func $deep (call $deep))' });
    const error = thrown(() => instance.call(SCORE, bytes()));
    expect(error.code).toBe('GUEST_TRAP');
    expect(error.message).toContain('call stack');
  });

  test('of an exception that nobody caught is one', async () => {
    const instance = await startTextPlugin({ handle: '(throw $oops)', main: '(tag $oops)' });
    const error = thrown(() => instance.call(SCORE, bytes()));
    expect(error.code).toBe('GUEST_TRAP');
    expect(error.message).toContain('exception');
  });

  test('poisons the instance: later calls name the reason', async () => {
    const instance = await startTextPlugin({
      main: '(global $calls (mut i32) (i32.const 0))',
      handle: `(if (global.get $calls) (then unreachable)) (global.set $calls (i32.const 1)) ${ECHO}`,
    });
    expect(instance.call(SCORE, bytes(1)).ok).toBe(true);
    const first = thrown(() => instance.call(SCORE, bytes(1)));
    expect(instance.failure).toBe(first);
    const second = thrown(() => instance.call(SCORE, bytes(1)));
    expect(second.code).toBe('PLUGIN_CLOSED');
    expect(second.cause).toBe(first);
    expect(second.message).toContain('unreachable');
  });

  test('tells the last words of the guest and its last eight host calls', async () => {
    const instance = await startTextPlugin(
      {
        handle: `(loop $again
          (call $call (i32.const 0) (i32.const 0) (i32.const 2048))
          (local.set $len (i32.add (local.get $len) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $len) (i32.const 10))))
          unreachable`,
      },
      { lastWords: () => 'abort: out of luck\u001b[31m at a.ts:3:4' },
    );
    const error = thrown(() => instance.call(SCORE, bytes()));
    expect(error.message).toContain('after saying "abort: out of luck\\u{1b}[31m at a.ts:3:4"');
    expect(String(error.details.lastCalls).split(', ')).toEqual(Array(8).fill('wasm-plugin:host/log@1.0.0'));
  });

  test('in a start function names the start', async () => {
    const error = await rejected(startTextPlugin({ main: '(func $begin unreachable) (start $begin)' }));
    expect(error.code).toBe('GUEST_TRAP');
    expect(error.message).toContain('start');
  });
});

describe('the start section', () => {
  test('runs when the component is instantiated, and may call capabilities', async () => {
    const seen: number[] = [];
    const log: Capability = (request) => {
      seen.push(request.byteLength);
      return { ok: true, payload: bytes() };
    };
    await startTextPlugin(
      { main: '(func $begin (call $call (i32.const 0) (i32.const 5) (i32.const 2048))) (start $begin)' },
      { capabilities: new Map([['wasm-plugin:host/log', log]]) },
    );
    expect(seen).toEqual([5]);
  });
});

describe('re-entrancy', () => {
  test('is refused, and the outer call goes on when the capability copes', async () => {
    let instance: ComponentInstance | undefined;
    let code = '';
    instance = await startTextPlugin(
      { handle: `(call $call (i32.const 0) (i32.const 0) (i32.const 2048)) ${ECHO}` },
      {
        capabilities: new Map([
          [
            'wasm-plugin:host/log',
            () => {
              code = thrown(() => instance?.call(SCORE, bytes(1))).code;
              return { ok: true, payload: bytes() };
            },
          ],
        ]),
      },
    );
    expect(instance.call(SCORE, bytes(4)).payload).toEqual(bytes(4));
    expect(code).toBe('PLUGIN_BUSY');
  });
});
