/** Capabilities of the embedder's own: typed and raw, refusals, what a broken handler does. The guest hands each request on. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  createHost,
  defineHook,
  type HostCapability,
  type Plugin,
  PluginError,
  packPlugin,
  provide,
  provideRaw,
  Refusal,
  str,
  struct,
} from '../../host/index.js';
import { SCORE, textPlugin } from '../support/text-plugin.js';

const QUERY = 'acme:db/query@1.0.0';
const text = struct({ text: str });
const query = defineHook(QUERY, { request: text, response: text });
const score = defineHook(SCORE, { request: text, response: text });

let sif: Uint8Array;

beforeAll(async () => {
  const component = await textPlugin({
    capability: QUERY,
    handle: '(call $call (local.get $ptr) (local.get $len) (i32.const 2048)) (i32.const 2048)',
  });
  const manifest = {
    name: 'example.com/forward',
    author: 'A',
    version: '1.0.0',
    description: 'hands its request on',
    requests: [],
    contributes: { commands: [], flags: [], phases: [] },
  };
  sif = packPlugin({ component, manifest });
});

async function load(...capabilities: HostCapability[]): Promise<Plugin> {
  const host = await createHost({ capabilities });
  return host.load(sif);
}

describe('provide()', () => {
  test('answers with typed messages', async () => {
    const plugin = await load(provide(query, ({ text: asked }) => ({ text: asked.toUpperCase() })));
    expect(await plugin.call(score, { text: 'rows' })).toEqual({ text: 'ROWS' });
  });

  test('gives a request that does not fit back to the guest as invalid', async () => {
    const plugin = await load(provide(query, (request) => request));
    await expect(plugin.callRaw(SCORE, new Uint8Array([0xc0]))).rejects.toMatchObject({
      code: 'GUEST_ERROR',
      details: { guestCode: 'invalid' },
    });
  });
});

describe('provideRaw()', () => {
  test('answers with bytes, and the request is its own', async () => {
    const seen: Uint8Array[] = [];
    const plugin = await load(
      provideRaw(QUERY, (request) => {
        seen.push(request);
        return request.map((byte) => byte + 1);
      }),
    );
    expect(await plugin.callRaw(SCORE, new Uint8Array([1, 2]))).toEqual(new Uint8Array([2, 3]));
    await plugin.callRaw(SCORE, new Uint8Array([9]));
    expect(seen).toEqual([new Uint8Array([1, 2]), new Uint8Array([9])]);
  });

  test('takes a full interface id', () => {
    expect(() => provideRaw('acme:db/query', (request) => request)).toThrow(TypeError);
  });
});

describe('both', () => {
  const refuse = (): never => {
    throw new Refusal('missing', 'no such table', 'Create it');
  };
  const crash = (): never => {
    throw new Error('the database is gone');
  };
  const kinds = [
    { kind: 'provide()', make: (handler: () => never) => provide(query, handler) },
    { kind: 'provideRaw()', make: (handler: () => never) => provideRaw(QUERY, handler) },
  ];
  for (const { kind, make } of kinds) {
    test(`a refusal is an answer, and the instance lives on: ${kind}`, async () => {
      const plugin = await load(make(refuse));
      for (let i = 0; i < 2; i++) {
        await expect(plugin.call(score, { text: 'x' })).rejects.toMatchObject({
          code: 'GUEST_ERROR',
          message: 'Plugin "example.com/forward": no such table',
          hint: 'Create it',
        });
      }
    });

    test(`a handler that throws ends the instance and keeps its cause: ${kind}`, async () => {
      const plugin = await load(make(crash));
      const error = await plugin.call(score, { text: 'x' }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PluginError);
      const causes: string[] = [];
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        causes.push(cause.message);
      }
      expect(causes.join('\n')).toContain('the database is gone');
    });
  }

  test('a host without it refuses the plugin, and says how to offer it', async () => {
    await expect(load()).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
      hint: expect.stringContaining('capabilities'),
    });
  });

  test('its own namespaces stay the host’s', async () => {
    const own = provideRaw('wasm-plugin:host/log@1.0.0', (request) => request);
    await expect(createHost({ capabilities: [own] })).rejects.toThrow(/reserved namespace/);
  });
});
