/** `limits.messageMiB`: one message, each way, of hooks and of capabilities. */
import { expect, test } from 'vitest';
import { besieged, failure, MODES, PEACE } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

test.each(MODES)('a request above the limit changes nothing, %s', async (isolation) => {
  await besieged({ isolation, limits: { messageMiB: 1 } }, async ({ load }) => {
    const plugin = await load({});
    const error = await failure(plugin.callRaw(SCORE, new Uint8Array(2 ** 20 + 1)));
    expect([error.code, error.message]).toEqual(['LIMIT_EXCEEDED', expect.stringContaining('the limit is 1048576')]);
    expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
    expect(plugin.totals().deaths).toBe(0);
  });
});
