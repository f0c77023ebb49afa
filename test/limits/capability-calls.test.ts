/** `limits.capabilityCalls`: calls to the host in one call, capabilities and WASI functions alike. */
import { describe, expect, test } from 'vitest';
import { provideRaw } from '../../host/index.js';
import { ATTACK, type Attacker, attackAtStart, attackInCall, besieged, MODES, PEACE } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const LIMIT = 50;
const VERDICT = {
  code: 'LIMIT_EXCEEDED',
  says: /Cannot call acme:score\/score@1\.0\.0: more than 50 calls to the host in one call/,
};
const CALL = '(call $call (i32.const 0) (i32.const 0) (i32.const 2048))';
const FOR_EVER = `(loop $again ${CALL} (br $again))`;
const WASI: Attacker = {
  before: `
    (type $clock (instance (export "now" (func (result u64)))))
    (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock (type $clock)))
    (core func $now (canon lower (func $clock "now")))
    (core instance $extra (export "now" (func $now)))`,
  with: '(with "extra" (instance $extra))',
  imports: '(import "extra" "now" (func $now (result i64)))',
};

describe.each(MODES)('calls to the host, %s', (isolation) => {
  const options = { isolation, limits: { capabilityCalls: LIMIT } };

  const attacks: readonly { name: string; attacker: Attacker }[] = [
    { name: 'in a loop', attacker: { attack: FOR_EVER } },
    { name: 'one after the other', attacker: { attack: CALL.repeat(LIMIT + 1) } },
    {
      name: 'of WASI functions',
      attacker: { ...WASI, attack: '(loop $again (drop (call $now)) (br $again))' },
    },
    {
      name: 'of WASI functions and capabilities in turn',
      attacker: { ...WASI, attack: `(loop $again (drop (call $now)) ${CALL} (br $again))` },
    },
    {
      name: 'with everything caught that comes back',
      attacker: { attack: `(loop $again try ${CALL} catch_all end (br $again))` },
    },
    {
      name: 'from a recursion that catches everything',
      attacker: {
        main: `(func $deep try ${CALL} (call $deep) catch_all (call $deep) end)`,
        attack: '(call $deep)',
      },
    },
    {
      name: 'that are refused for their malformed messages',
      attacker: {
        attack: `(i32.store8 (i32.const 100) (i32.const 0xc1))
        (loop $again (call $call (i32.const 100) (i32.const 1) (i32.const 2048)) (br $again))`,
      },
    },
    {
      name: 'of capabilities that it was not granted',
      attacker: { capability: 'wasm-plugin:host/fs@1.0.0', attack: FOR_EVER },
    },
    {
      name: 'of capabilities that nobody has',
      attacker: { capability: 'wasm-plugin:host/later@1.0.0', attack: FOR_EVER },
    },
  ];
  for (const { name, attacker } of attacks) {
    test(`${name} end at the limit`, () => attackInCall(options, attacker, VERDICT));
  }

  test('in a start function end there', async () => {
    const main = `(func $begin ${FOR_EVER}) (start $begin)`;
    await attackAtStart(
      options,
      { main },
      { code: 'LIMIT_EXCEEDED', says: /Cannot start the component: more than 50 calls/ },
    );
  });

  test('up to the limit are served, and each call has as many', async () => {
    let served = 0;
    const count = provideRaw('acme:count/count@1.0.0', () => {
      served++;
      return new Uint8Array();
    });
    await besieged({ ...options, capabilities: [count] }, async ({ load }) => {
      const plugin = await load({ capability: count.id, attack: CALL.repeat(LIMIT) });
      for (let i = 1; i <= 3; i++) {
        expect(await plugin.callRaw(SCORE, ATTACK)).toEqual(ATTACK);
        expect(served).toBe(i * LIMIT);
      }
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
      expect(plugin.totals()).toMatchObject({ deaths: 0, capabilityCalls: 3 * LIMIT });
    });
  });

  test('above the limit do not reach the capability', async () => {
    let served = 0;
    const count = provideRaw('acme:count/count@1.0.0', () => {
      served++;
      return new Uint8Array();
    });
    await attackInCall({ ...options, capabilities: [count] }, { capability: count.id, attack: FOR_EVER }, VERDICT);
    // It attacked twice.
    expect(served).toBe(2 * LIMIT);
  });
});
