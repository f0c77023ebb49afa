/** `limits.logKiBPerCall`: text that one call may log. */
import { expect, test } from 'vitest';
import { capabilities, encode } from '../../host/abi/index.js';
import { ATTACK, besieged, dataText, MODES } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

test.each(MODES)('what one call logs ends at the limit, %s', async (isolation) => {
  const line = encode(capabilities.log.request, { level: 'info', message: 'x'.repeat(100) });
  await besieged({ isolation, limits: { logKiBPerCall: 1 } }, async ({ load, lines }) => {
    const plugin = await load({
      main: `(data (i32.const 512) "${dataText(line)}")`,
      attack: `(call $call (i32.const 512) (i32.const ${line.byteLength}) (i32.const 2048))`.repeat(20),
    });
    await plugin.callRaw(SCORE, ATTACK);
    expect(lines.at(-1)?.text).toBe('log cut: more than 1024 bytes in one call');
  });
});
