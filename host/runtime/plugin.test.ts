import { describe, expect, test } from 'vitest';
import { echo as echoing, fakeInstance, inlinePool, trap } from '../../test/support/fake-instances.js';
import { defineHook, encode, str, struct } from '../abi/index.js';
import type { ComponentInstance } from '../sandbox/index.js';
import { createPlugin, type PluginParts } from './plugin.js';

const text = struct({ text: str });
const echo = defineHook('acme:echo/echo@1.0.0', { request: text, response: text });
const NAME = 'example.com/echo';

/** A plugin over instances that the test makes, with a count of how often it was closed. */
function pluginOver(instantiate: () => ComponentInstance) {
  let closed = 0;
  const { pool, ledger, quarantine } = inlinePool(instantiate);
  const plugin = createPlugin({
    manifest: { name: NAME } as PluginParts['manifest'],
    digest: 'sha256:0',
    hooks: [echo.id],
    grants: [],
    isolation: 'inline',
    pool,
    ledger,
    quarantine,
    limits: { deadlineMs: 5000, fuel: undefined },
    onClose: () => {
      closed++;
    },
  });
  return { plugin, closed: () => closed };
}

const answering = (payload: Uint8Array): ComponentInstance => fakeInstance(() => ({ ok: true, payload }));

const failingToClose = (instance: ComponentInstance): ComponentInstance =>
  Object.assign(instance, {
    close() {
      throw new Error('disk full');
    },
  });

describe('call()', () => {
  test('names the plugin whose answer does not fit', async () => {
    const { plugin } = pluginOver(() => answering(encode(struct({ other: str }), { other: 'x' })));
    await expect(plugin.call(echo, { text: 'x' })).rejects.toMatchObject({
      code: 'ABI_MALFORMED',
      message: `Plugin "${NAME}": Cannot call ${echo.id}: Cannot read response.text: it is missing, a string was needed`,
      details: { plugin: NAME },
    });
  });

  test('says which message of the embedder does not fit', async () => {
    const { plugin } = pluginOver(() => answering(new Uint8Array()));
    await expect(plugin.call(echo, { text: 5 } as never)).rejects.toThrow(/Cannot encode request\.text/);
  });

  test('names the plugin that died, and keeps the cause', async () => {
    const death = trap();
    const { plugin } = pluginOver(() =>
      fakeInstance(() => {
        throw death;
      }),
    );
    await expect(plugin.callRaw(echo.id, new Uint8Array())).rejects.toMatchObject({
      code: 'GUEST_TRAP',
      message: `Plugin "${NAME}": ${death.message}`,
      cause: death,
      details: { plugin: NAME },
    });
    expect(() => plugin.callRawSync(echo.id, new Uint8Array())).toThrow(`Plugin "${NAME}": ${death.message}`);
  });
});

describe('close()', () => {
  test('lets go of the plugin although its instance cannot end in order', async () => {
    const { plugin, closed } = pluginOver(() => failingToClose(answering(encode(text, { text: 'x' }))));
    await plugin.call(echo, { text: 'x' });
    await expect(plugin.close()).rejects.toThrow('disk full');
    expect(closed()).toBe(1);
    await plugin.close();
    await expect(plugin.call(echo, { text: 'x' })).rejects.toMatchObject({ code: 'PLUGIN_CLOSED' });
  });
});

test('a dead instance is replaced although it cannot end in order, and the reason of its death is told', async () => {
  const death = trap();
  const dead = failingToClose(
    fakeInstance(() => {
      throw death;
    }),
  );
  const instances = [dead, answering(encode(text, { text: 'again' }))];
  const { plugin } = pluginOver(() => instances.shift() as ComponentInstance);
  await expect(plugin.call(echo, { text: 'x' })).rejects.toMatchObject({ code: 'GUEST_TRAP', cause: death });
  expect(await plugin.call(echo, { text: 'x' })).toEqual({ text: 'again' });
});

describe('measure', () => {
  test('tells what one call used, and leaves the answer alone', async () => {
    const { plugin } = pluginOver(() => fakeInstance(echoing));
    const request = encode(text, { text: 'x' });
    const { response, usage } = await plugin.measure(echo, { text: 'x' });
    expect(response).toEqual({ text: 'x' });
    expect(usage).toEqual({
      wallMs: expect.any(Number),
      cpuMs: expect.any(Number),
      fuel: undefined,
      memoryBytes: 1024 * 1024,
      capabilityCalls: 2,
      requestBytes: request.length,
      responseBytes: request.length,
    });
  });
});
