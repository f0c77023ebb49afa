import { describe, expect, test } from 'vitest';
import { ECHO, quietOptions, SCORE, startTextPlugin, textPlugin } from '../../test/support/text-plugin.js';
import { rejected, thrown } from '../../test/support/thrown.js';
import { PluginError } from '../errors/index.js';
import type { Capability } from './index.js';
import { compileComponent } from './index.js';

const LOG = 'wasm-plugin:host/log';
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const with_ = (capability: Capability, name = LOG) => ({ capabilities: new Map([[name, capability]]) });

/** Passes the request to the capability and its answer, whichever arm, back to the host. */
const FORWARD = '(call $call (local.get $ptr) (local.get $len) (i32.const 2048)) (i32.const 2048)';

describe('a capability call', () => {
  test('carries the request over and the answer back', async () => {
    const instance = await startTextPlugin(
      { handle: FORWARD },
      with_((request) => ({ ok: true, payload: request.map((byte) => byte + 1) })),
    );
    expect(instance.call(SCORE, bytes(1, 2, 3))).toEqual({ ok: true, payload: bytes(2, 3, 4) });
  });

  test('carries the error arm', async () => {
    const instance = await startTextPlugin(
      { handle: FORWARD },
      with_(() => ({ ok: false, payload: bytes(9) })),
    );
    expect(instance.call(SCORE, bytes())).toEqual({ ok: false, payload: bytes(9) });
  });

  test('gives the provider a copy that it may keep', async () => {
    const kept: Uint8Array[] = [];
    const instance = await startTextPlugin(
      { handle: FORWARD },
      with_((request) => {
        kept.push(request);
        return { ok: true, payload: request.subarray(0, 1) };
      }),
    );
    instance.call(SCORE, bytes(1, 2));
    instance.call(SCORE, bytes(3, 4));
    expect(kept).toEqual([bytes(1, 2), bytes(3, 4)]);
  });

  test('writes its result into memory that grew while the guest allocated for it', async () => {
    const answer = new Uint8Array(400_000).fill(3);
    const instance = await startTextPlugin(
      { handle: FORWARD },
      with_(() => ({ ok: true, payload: answer })),
    );
    expect(Buffer.compare(instance.call(SCORE, bytes()).payload, answer)).toBe(0);
  });

  test('that is not granted answers the error arm, asked once for each interface', async () => {
    const asked: string[] = [];
    const missing = (name: string): Uint8Array => {
      asked.push(name);
      return bytes(42);
    };
    const instance = await startTextPlugin({ handle: FORWARD }, { capabilities: new Map(), missing });
    expect(instance.call(SCORE, bytes())).toEqual({ ok: false, payload: bytes(42) });
    expect(instance.call(SCORE, bytes())).toEqual({ ok: false, payload: bytes(42) });
    expect(asked).toEqual([LOG]);
  });

  test('of another major version is missing, not served by version 1', async () => {
    const asked: string[] = [];
    const instance = await startTextPlugin(
      { handle: FORWARD, capability: 'wasm-plugin:host/log@2.0.0' },
      {
        ...with_(() => ({ ok: true, payload: bytes() })),
        missing: (name) => {
          asked.push(name);
          return bytes();
        },
      },
    );
    expect(instance.call(SCORE, bytes()).ok).toBe(false);
    expect(asked).toEqual(['wasm-plugin:host/log@2.0.0']);
  });

  test('of a later minor version is served', async () => {
    const instance = await startTextPlugin({ handle: FORWARD, capability: 'wasm-plugin:host/log@1.7.0' });
    expect(instance.call(SCORE, bytes()).ok).toBe(true);
  });
});

describe('the closed world', () => {
  test('refuses an interface that nobody offers, when compiling with the offer and when instantiating', async () => {
    const component = await textPlugin({ capability: 'acme:lookup/dns@1.0.0' });
    const error = await rejected(compileComponent(component, {}, new Set([LOG])));
    expect(error.code).toBe('COMPONENT_UNSUPPORTED');
    expect(error.message).toContain('acme:lookup/dns@1.0.0');
    expect(error.hint).toContain('createHost({ capabilities })');
    const compiled = await compileComponent(component);
    expect(thrown(() => compiled.instantiate(quietOptions())).code).toBe('COMPONENT_UNSUPPORTED');
  });

  test('serves an interface of the embedder', async () => {
    const component = await textPlugin({ capability: 'acme:lookup/dns@1.0.0', handle: FORWARD });
    const compiled = await compileComponent(component, {}, new Set(['acme:lookup/dns']));
    const instance = compiled.instantiate(
      quietOptions(with_(() => ({ ok: true, payload: bytes(1) }), 'acme:lookup/dns')),
    );
    expect(instance.call(SCORE, bytes()).payload).toEqual(bytes(1));
  });
});

describe('a hostile request', () => {
  const cases = [
    { name: 'behind the end of memory', args: '(i32.const 65536) (i32.const 1) (i32.const 2048)', code: 'GUEST_TRAP' },
    { name: 'longer than memory', args: '(i32.const 0) (i32.const 65537) (i32.const 2048)', code: 'GUEST_TRAP' },
    { name: 'at -1', args: '(i32.const -1) (i32.const 1) (i32.const 2048)', code: 'GUEST_TRAP' },
    { name: 'longer than the limit', args: '(i32.const 0) (i32.const -1) (i32.const 2048)', code: 'LIMIT_EXCEEDED' },
    {
      name: 'with a result area behind the end',
      args: '(i32.const 0) (i32.const 0) (i32.const 65528)',
      code: 'GUEST_TRAP',
    },
    {
      name: 'with a result area that is not aligned',
      args: '(i32.const 0) (i32.const 0) (i32.const 2049)',
      code: 'GUEST_TRAP',
    },
  ];
  for (const { name, args, code } of cases) {
    test(`${name} never reaches the provider and ends the instance`, async () => {
      let reached = false;
      const instance = await startTextPlugin(
        { handle: `(call $call ${args}) ${ECHO}` },
        with_(() => {
          reached = true;
          return { ok: true, payload: bytes() };
        }),
      );
      expect(thrown(() => instance.call(SCORE, bytes())).code).toBe(code);
      expect(instance.failure?.code).toBe(code);
      expect(reached).toBe(false);
    });
  }

  test('during cabi_realloc or cabi_post is refused, for the guest may not call out there', async () => {
    const callOut = '(call $call (i32.const 0) (i32.const 0) (i32.const 2048))';
    const instance = await startTextPlugin({ post: callOut });
    const error = thrown(() => instance.call(SCORE, bytes()));
    expect(error.code).toBe('GUEST_TRAP');
    expect(error.message).toContain('allocate or free');
  });
});

describe('what the host throws', () => {
  /** A guest that catches everything and answers as if nothing had been. */
  const CATCHING = `try (call $call (i32.const 0) (i32.const 0) (i32.const 2048)) catch_all end ${ECHO}`;
  const cases = [
    { name: 'an error of a provider', error: new Error('disk on fire'), code: 'HOST_BUG', says: 'disk on fire' },
    {
      name: 'a limit of a provider',
      error: new PluginError('LIMIT_EXCEEDED', 'Cannot log more'),
      code: 'LIMIT_EXCEEDED',
      says: 'Cannot log more',
    },
    { name: 'something that is no error', error: 'text', code: 'HOST_BUG', says: 'text' },
  ];
  for (const { name, error, code, says } of cases) {
    test(`cannot be caught by the guest: ${name}`, async () => {
      const instance = await startTextPlugin(
        { handle: CATCHING },
        with_(() => {
          throw error;
        }),
      );
      const failure = thrown(() => instance.call(SCORE, bytes(1)));
      expect(failure.code).toBe(code);
      expect(failure.message).toContain(says);
      expect(failure.cause).toBe(error);
      expect(instance.failure).toBe(failure);
    });
  }

  test('cannot be caught when it is an answer above the limit', async () => {
    const instance = await startTextPlugin(
      { handle: CATCHING },
      with_(() => ({ ok: true, payload: new Uint8Array(5) })),
      { messageBytes: 4 },
    );
    expect(thrown(() => instance.call(SCORE, bytes(1))).code).toBe('LIMIT_EXCEEDED');
  });

  test('cannot be caught when the host runs out of stack inside a capability', async () => {
    const dive = (): number => dive() + 1;
    const instance = await startTextPlugin(
      { handle: CATCHING },
      with_(() => {
        dive();
        return { ok: true, payload: bytes() };
      }),
    );
    expect(thrown(() => instance.call(SCORE, bytes(1))).code).toBe('GUEST_TRAP');
  });
});

describe('a core import of a capability', () => {
  for (const callType of ['(param i32 i32)', '(param i64 i32 i32)', '(param i32 i32 i32) (result i32)']) {
    test(`with the type ${callType} does not link`, async () => {
      const error = await rejected(startTextPlugin({ callType }));
      expect(error.code).toBe('COMPONENT_MALFORMED');
    });
  }
});
