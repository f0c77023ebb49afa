import { describe, expect, test } from 'vitest';
import { capabilities, decode, encode } from '../abi/index.js';
import { parseGrant } from '../grant/index.js';
import type { CapabilityAnswer } from '../sandbox/index.js';
import { type InstanceSetup, prepareInstances } from './instances.js';
import { resolveLimits } from './limits.js';

const KIB = 1024;

function prepared() {
  const lines: string[] = [];
  const { setUp, offered } = prepareInstances({
    name: 'example.com/p',
    grants: [parseGrant('kv')],
    kv: undefined,
    limits: resolveLimits({ logKiBPerCall: 1 }),
    isolation: 'inline',
    host: {
      log: ({ text }) => lines.push(text.length > 100 ? `${text.length} chars` : text),
      capabilities: [],
      sources: {},
    },
  });
  return { setUp, offered, lines };
}

function ask(instance: InstanceSetup, name: 'kv' | 'log', request: object): CapabilityAnswer {
  const { signal } = new AbortController();
  const definition = capabilities[name];
  const answer = instance.options.capabilities.get(`wasm-plugin:host/${name}`)?.(
    encode(definition.request as never, request as never),
    { signal },
  );
  return answer as CapabilityAnswer;
}

const log = (instance: InstanceSetup): CapabilityAnswer =>
  ask(instance, 'log', { level: 'info', message: 'x'.repeat(KIB - 1) });

describe('instances of one plugin', () => {
  test('have log budgets of their own', () => {
    const { setUp, lines } = prepared();
    const first = setUp();
    const second = setUp();
    log(first);
    // The other one’s call starts anew, which gives nothing to the first.
    second.startCall();
    log(first);
    log(second);
    expect(lines.filter((line) => line === '1023 chars')).toHaveLength(2);
  });

  test('and last words of their own', () => {
    const { setUp } = prepared();
    const first = setUp();
    const second = setUp();
    ask(first, 'log', { level: 'error', message: 'abort: mine' });
    second.startCall();
    expect(first.options.lastWords?.()).toBe('mine');
    expect(second.options.lastWords?.()).toBeUndefined();
  });

  test('share one key-value store', () => {
    const { setUp } = prepared();
    const value = Uint8Array.of(7);
    ask(setUp(), 'kv', { op: 'set', key: 'a', value });
    const { payload } = ask(setUp(), 'kv', { op: 'get', key: 'a' });
    expect(decode(capabilities.kv.response, payload).value).toEqual(value);
  });

  test('offer what the host has', () => {
    expect(prepared().offered).toContain('wasm-plugin:host/log');
  });
});
