/** `limits.kvMiB`: what a plugin may keep. */
import { expect, test } from 'vitest';
import { capabilities, encode } from '../../host/abi/index.js';
import { ATTACK, besieged, dataText, MODES } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

test.each(MODES)('a value above the limit is refused, and the plugin goes on, %s', async (isolation) => {
  const set = encode(capabilities.kv.request, { op: 'set', key: 'k', value: new Uint8Array(1024) });
  await besieged({ isolation, limits: { kvMiB: 1 / 1024 } }, async ({ load }) => {
    const plugin = await load(
      {
        capability: 'wasm-plugin:host/kv@1.0.0',
        manifest: { requests: ['kv'] },
        memory: '(memory (export "memory") 2)',
        main: `(data (i32.const 65536) "${dataText(set)}")`,
        attack: `(call $call (i32.const 65536) (i32.const ${set.byteLength}) (i32.const 2048))
          (return (i32.const 2048))`,
      },
      { grants: ['kv'] },
    );
    await expect(plugin.callRaw(SCORE, ATTACK)).rejects.toMatchObject({ details: { guestCode: 'limit' } });
    expect(plugin.totals().deaths).toBe(0);
  });
});
