import { describe, expect, test } from 'vitest';
import { defineHook, encode, str, struct } from '../abi/index.js';
import { PluginError } from '../errors/index.js';
import type { ComponentInstance } from '../sandbox/index.js';
import { createPlugin, type PluginParts } from './plugin.js';

const text = struct({ text: str });
const echo = defineHook('acme:echo/echo@1.0.0', { request: text, response: text });
const NAME = 'example.com/echo';

/** A plugin over instances that the test makes, with a count of how often it was closed. */
function pluginOver(instantiate: () => ComponentInstance) {
  let closed = 0;
  const parts: PluginParts = {
    manifest: { name: NAME } as PluginParts['manifest'],
    digest: 'sha256:0',
    hooks: [echo.id],
    grants: [],
    instantiate,
    startCall: () => undefined,
    onClose: () => {
      closed++;
    },
  };
  return { plugin: createPlugin(parts), closed: () => closed };
}

const answering = (payload: Uint8Array, close = () => {}): ComponentInstance => ({
  call: () => ({ ok: true, payload }),
  failure: undefined,
  close,
});

describe('call()', () => {
  test('names the plugin whose answer does not fit', async () => {
    const { plugin } = pluginOver(() => answering(encode(struct({ other: str }), { other: 'x' })));
    await expect(plugin.call(echo, { text: 'x' })).rejects.toMatchObject({
      code: 'ABI_MALFORMED',
      message: `Plugin "${NAME}": Cannot read response.text: it is missing, a string was needed`,
      details: { plugin: NAME },
    });
  });

  test('says which message of the embedder does not fit', async () => {
    const { plugin } = pluginOver(() => answering(new Uint8Array()));
    await expect(plugin.call(echo, { text: 5 } as never)).rejects.toThrow(/Cannot encode request\.text/);
  });
});

describe('close()', () => {
  test('lets go of the plugin although its instance cannot end in order', async () => {
    const failing = answering(encode(text, { text: 'x' }), () => {
      throw new Error('disk full');
    });
    const { plugin, closed } = pluginOver(() => failing);
    await plugin.call(echo, { text: 'x' });
    await expect(plugin.close()).rejects.toThrow('disk full');
    expect(closed()).toBe(1);
    await plugin.close();
    await expect(plugin.call(echo, { text: 'x' })).rejects.toMatchObject({ code: 'PLUGIN_CLOSED' });
  });
});

test('a dead instance is replaced although it cannot end in order, and the reason of its death is told', async () => {
  const death = new PluginError('GUEST_TRAP', 'Cannot call it: unreachable');
  const dead: ComponentInstance = {
    call() {
      throw death;
    },
    failure: death,
    close() {
      throw new Error('disk full');
    },
  };
  const instances = [dead, answering(encode(text, { text: 'again' }))];
  const { plugin } = pluginOver(() => instances.shift() as ComponentInstance);
  await expect(plugin.call(echo, { text: 'x' })).rejects.toMatchObject({ code: 'GUEST_TRAP', cause: death });
  expect(await plugin.call(echo, { text: 'x' })).toEqual({ text: 'again' });
});
