import { describe, expect, test } from 'vitest';
import { answerNow, ask as askFor } from '../../test/support/capability.js';
import { cpuMs } from '../../test/support/cpu-time.js';
import { capabilities, decode, encode, errorMessage } from '../abi/index.js';
import { parseGrant } from '../grant/index.js';
import type { Capability, Isolation } from '../sandbox/index.js';
import { memoryStore } from './kv.js';
import { createPluginLog } from './log.js';
import { MAX_RANDOM_BYTES } from './random.js';
import { hostCapabilities } from './set.js';

function capabilitiesFor(grants: readonly string[]) {
  // Room for 100 bytes in two entries, each of which counts 64 bytes more.
  const kv = memoryStore(100 + 2 * 64);
  return hostCapabilities(grants.map(parseGrant), {
    log: createPluginLog('p', () => undefined),
    clocks: { wallNs: () => 1_700_000_000_000_000_005n, monotonicNs: () => 7n },
    random: (length) => new Uint8Array(length).fill(9),
    kv: () => kv,
  });
}

type Name = keyof typeof capabilities;

function ask(set: ReturnType<typeof capabilitiesFor>, name: Name, request: object): unknown {
  const call = set.get(`wasm-plugin:host/${name}`);
  const definition = capabilities[name];
  const { ok, payload } = answerNow(call!, encode(definition.request as never, request as never));
  return ok ? decode(definition.response as never, payload) : decode(errorMessage, payload).code;
}

describe('without any grant', () => {
  const set = capabilitiesFor([]);
  const denied: readonly { name: Name; request: object }[] = [
    { name: 'env', request: { name: 'PATH' } },
    { name: 'kv', request: { op: 'get', key: 'a' } },
    { name: 'fs', request: { op: 'read', path: '/etc/passwd' } },
    { name: 'http', request: { url: 'http://127.0.0.1/' } },
    { name: 'image', request: { offset: 0, length: 1 } },
    { name: 'rootfs', request: { entries: [] } },
  ];
  for (const { name, request } of denied) {
    test(`${name} answers denied`, () => expect(ask(set, name, request)).toBe('denied'));
  }
  test('log, clock and random work', () => {
    expect(ask(set, 'log', { level: 'info', message: 'x' })).toEqual({});
    expect(ask(set, 'clock', { clock: 'wall' })).toEqual({ seconds: 1_700_000_000, nanoseconds: 5 });
    expect(ask(set, 'clock', { clock: 'monotonic' })).toEqual({ seconds: 0, nanoseconds: 7 });
    expect(ask(set, 'random', { length: 2 })).toEqual({ bytes: new Uint8Array([9, 9]) });
  });
  test('random stops at its cap', () => {
    expect(ask(set, 'random', { length: MAX_RANDOM_BYTES })).toMatchObject({ bytes: expect.any(Uint8Array) });
    expect(ask(set, 'random', { length: MAX_RANDOM_BYTES + 1 })).toBe('limit');
    expect(ask(set, 'random', { length: -1 })).toBe('limit');
  });
});

describe('kv', () => {
  const set = capabilitiesFor(['kv']);
  const bytes = (length: number): Uint8Array => new Uint8Array(length);
  const steps: readonly { name: string; request: object; want: unknown }[] = [
    { name: 'a missing key is not found', request: { op: 'get', key: 'a' }, want: { found: false } },
    { name: 'set', request: { op: 'set', key: 'a', value: bytes(3) }, want: { found: true } },
    { name: 'get', request: { op: 'get', key: 'a' }, want: { found: true, value: bytes(3) } },
    { name: 'a key like an object member', request: { op: 'get', key: '__proto__' }, want: { found: false } },
    { name: 'up to the quota', request: { op: 'set', key: 'b', value: bytes(95) }, want: { found: true } },
    { name: 'one byte past the quota', request: { op: 'set', key: 'b', value: bytes(96) }, want: 'limit' },
    {
      name: 'what was there is still there',
      request: { op: 'list', prefix: '' },
      want: { found: true, keys: ['a', 'b'] },
    },
    { name: 'delete', request: { op: 'delete', key: 'b' }, want: { found: true } },
    { name: 'delete again', request: { op: 'delete', key: 'b' }, want: { found: false } },
    { name: 'no key', request: { op: 'get' }, want: 'invalid' },
    { name: 'no value', request: { op: 'set', key: 'a' }, want: 'invalid' },
  ];
  for (const { name, request, want } of steps) {
    test(name, () => {
      const answer = ask(set, 'kv', request);
      if (typeof want === 'string') {
        expect(answer).toBe(want);
      } else {
        expect(answer).toMatchObject(want as object);
      }
    });
  }
});

describe('http', () => {
  const sources = { log: createPluginLog('p', () => undefined) };
  const grants = ['http:127.0.0.1:1'].map(parseGrant);
  const url = 'http://127.0.0.1:1/';
  const set = (isolation?: Isolation, granted = grants): Capability =>
    hostCapabilities(granted, sources, isolation).get('wasm-plugin:host/http')!;

  test('cannot wait inline, says so at once, and says what would help', () => {
    for (const isolation of [undefined, 'inline'] as const) {
      const { payload } = answerNow(set(isolation), encode(capabilities.http.request, { url }));
      expect(decode(errorMessage, payload)).toMatchObject({
        code: 'unsupported',
        hint: expect.stringContaining("isolation: 'thread'"),
      });
    }
  });

  test('makes the request in a thread', async () => {
    const { refused } = await askFor(set('thread'), capabilities.http, { url });
    expect(refused?.message).toBe(`Cannot GET "${url}": ECONNREFUSED`);
  });

  test('is denied without a grant in a thread too', async () => {
    const { refused } = await askFor(set('thread', []), capabilities.http, { url });
    expect(refused?.code).toBe('denied');
  });
});

test('a set is cheap enough for every instance to have its own', () => {
  const grants = ['kv', 'env:A', 'fs:/a:ro', 'http:a:80'].map(parseGrant);
  const sources = { log: createPluginLog('p', () => undefined), kv: () => expect.fail('opened the store') };
  const took = cpuMs(() => {
    for (let i = 0; i < 10_000; i++) {
      hostCapabilities(grants, sources, 'thread');
    }
  });
  // 0.2 ms each would still be less than an instance takes.
  expect(took).toBeLessThan(2000);
});

test('a request that is no message of its schema is the guest’s mistake', () => {
  const call = capabilitiesFor([]).get('wasm-plugin:host/log');
  const { ok, payload } = answerNow(call!, new Uint8Array([0xc1]));
  expect(ok).toBe(false);
  expect(decode(errorMessage, payload).code).toBe('invalid');
});
