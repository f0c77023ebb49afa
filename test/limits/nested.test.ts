/** Calls inside of calls: a plugin asks the embedder, who asks another plugin. */
import { expect, test } from 'vitest';
import { type Plugin, provideRaw } from '../../host/index.js';
import { ATTACK, besieged, failure, PEACE } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const CALL = '(call $call (i32.const 0) (i32.const 0) (i32.const 2048))';

test('a plugin that is called by another one is stopped at the outer one’s time, and then that one is', async () => {
  let inner: Plugin | undefined;
  let said: unknown;
  const ask = provideRaw('acme:ask/ask@1.0.0', () => {
    try {
      return inner!.callRawSync(SCORE, ATTACK);
    } catch (error) {
      said = error;
      throw error;
    }
  });
  await besieged({ capabilities: [ask] }, async ({ load }) => {
    inner = await load({ attack: '(loop $again (br $again))' }, { limits: { deadlineMs: 20_000 } });
    const outer = await load({ capability: ask.id, attack: CALL }, { limits: { deadlineMs: 100 } });
    const error = await failure(outer.callRaw(SCORE, ATTACK));
    expect(error.code).toBe('DEADLINE_EXCEEDED');
    expect(said).toMatchObject({ code: 'DEADLINE_EXCEEDED', message: expect.stringContaining('longer than 100 ms') });
    expect(await inner.callRaw(SCORE, PEACE)).toEqual(PEACE);
    expect(await outer.callRaw(SCORE, PEACE)).toEqual(PEACE);
  });
});
