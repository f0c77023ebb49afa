/** `limits.kvMiB`: what a plugin may keep in the key-value store that it has by default. */
import { describe, expect, test } from 'vitest';
import { capabilities, encode } from '../../host/abi/index.js';
import { ATTACK, type Attacker, besieged, dataText, MODES, PEACE } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const QUOTA = 16 * 1024;
/** What each entry counts besides its key and its value. */
const ENTRY = 64;
const KEY = '0000';
const AT = 65_536;

/**
 * A plugin that stores the same message so many times, under another key each time if it says so, and answers with how often that was
 * accepted.
 */
function storing(request: Uint8Array, times: number, differing: boolean): Attacker {
  // Four digits of base 64 in characters that need no more than a byte.
  const digit = (place: number): string =>
    `(i32.store8 (i32.const ${AT + Buffer.from(request).indexOf(KEY) + place})
      (i32.add (i32.const 48) (i32.and (i32.const 63) (i32.shr_u (local.get $i) (i32.const ${6 * place})))))`;
  return {
    capability: 'wasm-plugin:host/kv@1.0.0',
    manifest: { requests: ['kv'] },
    memory: '(memory (export "memory") 4)',
    // Answers may lie on top of each other.
    realloc: '(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))',
    main: `(data (i32.const ${AT}) "${dataText(request)}")`,
    locals: '(local $i i32) (local $accepted i32)',
    attack: `
      (loop $again
        ${differing ? [0, 1, 2, 3].map(digit).join('') : ''}
        (call $call (i32.const ${AT}) (i32.const ${request.byteLength}) (i32.const 2048))
        (local.set $accepted (i32.add (local.get $accepted) (i32.eqz (i32.load8_u (i32.const 2048)))))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${times}))))
      (i32.store (i32.const 512) (local.get $accepted))
      (return (call $answer (i32.const 0) (i32.const 512) (i32.const 4)))`,
  };
}

const set = (valueBytes: number, key = KEY): Uint8Array =>
  encode(capabilities.kv.request, { op: 'set', key, value: new Uint8Array(valueBytes) });

describe.each(MODES)('the key-value store, %s', (isolation) => {
  const options = { isolation, limits: { kvMiB: QUOTA / 1024 ** 2, deadlineMs: 30_000, capabilityCalls: 1_000_000 } };

  const floods: readonly { name: string; attacker: Attacker; accepted: number }[] = [
    {
      name: 'many keys without values',
      attacker: storing(set(0), 5000, true),
      accepted: Math.floor(QUOTA / (ENTRY + 4)),
    },
    {
      name: 'many values',
      attacker: storing(set(1000), 500, true),
      accepted: Math.floor(QUOTA / (ENTRY + 4 + 1000)),
    },
    { name: 'one value above the limit', attacker: storing(set(QUOTA), 3, true), accepted: 0 },
    { name: 'one value that just fits', attacker: storing(set(QUOTA - ENTRY - 4), 3, true), accepted: 1 },
    { name: 'one value that is a byte too long', attacker: storing(set(QUOTA - ENTRY - 3), 3, true), accepted: 0 },
    { name: 'the same value again and again, which is one', attacker: storing(set(1000), 500, false), accepted: 500 },
    {
      name: 'long keys',
      attacker: storing(set(0, KEY.padEnd(400, 'k')), 500, true),
      accepted: Math.floor(QUOTA / (ENTRY + 400)),
    },
  ];
  for (const { name, attacker, accepted } of floods) {
    test(`takes ${name} up to the limit, refuses the rest, and the plugin goes on`, async () => {
      await besieged(options, async ({ load }) => {
        const plugin = await load(attacker, { grants: ['kv'] });
        expect(Buffer.from(await plugin.callRaw(SCORE, ATTACK)).readUInt32LE()).toBe(accepted);
        expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
        // What is stored already is stored again, and nothing else.
        expect(Buffer.from(await plugin.callRaw(SCORE, ATTACK)).readUInt32LE()).toBe(accepted);
        expect(plugin.totals().deaths).toBe(0);
      });
    });
  }

  test('says why it refuses, and the plugin can say so', async () => {
    await besieged(options, async ({ load }) => {
      const { attack: _, ...rest } = storing(set(QUOTA), 1, false);
      const attack = `(call $call (i32.const ${AT}) (i32.const ${set(QUOTA).byteLength}) (i32.const 2048)) (return (i32.const 2048))`;
      const plugin = await load({ ...rest, attack }, { grants: ['kv'] });
      await expect(plugin.callRaw(SCORE, ATTACK)).rejects.toMatchObject({
        code: 'GUEST_ERROR',
        message: expect.stringContaining(`the quota is ${QUOTA}`),
        details: { guestCode: 'limit' },
      });
    });
  });

  test('that is full is full for one plugin alone', async () => {
    await besieged(options, async ({ load }) => {
      const greedy = await load(storing(set(1000), 500, true), { grants: ['kv'] });
      await greedy.callRaw(SCORE, ATTACK);
      const modest = await load(storing(set(1000), 5, true), { grants: ['kv'] });
      expect(Buffer.from(await modest.callRaw(SCORE, ATTACK)).readUInt32LE()).toBe(5);
    });
  });

  test('keeps what a plugin stored when its instance dies, and so its limit', async () => {
    await besieged(options, async ({ load }) => {
      const { attack, ...rest } = storing(set(1000), 500, true);
      // It dies at a request of two bytes, with the store full.
      const dying = `(if (i32.eq (local.get $len) (i32.const 2)) (then unreachable))`;
      const handle = `(local $i i32) (local $accepted i32) ${dying}
        (if (i32.eq (local.get $len) (i32.const 1)) (then ${attack}))
        (call $answer (i32.const 0) (local.get $ptr) (local.get $len))`;
      const plugin = await load({ ...rest, locals: '', handle }, { grants: ['kv'] });
      const accepted = Buffer.from(await plugin.callRaw(SCORE, ATTACK)).readUInt32LE();
      await expect(plugin.callRaw(SCORE, new Uint8Array(2))).rejects.toMatchObject({ code: 'GUEST_TRAP' });
      expect(Buffer.from(await plugin.callRaw(SCORE, ATTACK)).readUInt32LE()).toBe(accepted);
    });
  });

  test('does not exist without a grant', async () => {
    await besieged(options, async ({ load }) => {
      const plugin = await load(storing(set(10), 5, true));
      expect(Buffer.from(await plugin.callRaw(SCORE, ATTACK)).readUInt32LE()).toBe(0);
    });
  });
});
