/** `limits.messageMiB`, and what a message may be: each way, of hooks and of capabilities. */
import { describe, expect, test } from 'vitest';
import { any, defineHook, type HostCapability, provide, provideRaw, struct } from '../../host/index.js';
import { ATTACK, type Attacker, attackInCall, besieged, dataText, failure, MODES, PEACE } from '../support/siege.js';
import { ECHO, SCORE } from '../support/text-plugin.js';

const LIMIT = 2 ** 20;
/** Room for two messages of the limit and more. */
const MEMORY = '(memory (export "memory") 64)';
const MEMORY_BYTES = 64 * 65_536;
const TOO_LONG = { code: 'LIMIT_EXCEEDED', says: /has \d+ bytes, the limit is 1048576/ };
const TRAP = 'GUEST_TRAP';
const OUTSIDE = {
  code: TRAP,
  says: /Cannot pass a message: .* at byte \d+ with \d+ bytes, the guest's memory has \d+/,
};
const UNALIGNED = { code: TRAP, says: /result area at byte \d+ is not aligned to 4/ };

const answer = (pointer: number, length: number, tag = 0): string =>
  `(return (call $answer (i32.const ${tag}) (i32.const ${pointer}) (i32.const ${length})))`;
const ask = (pointer: number, length: number, area = 2048): string =>
  `(call $call (i32.const ${pointer}) (i32.const ${length}) (i32.const ${area}))`;
/** What an allocator answers where 77 bytes are asked for. */
const allocating = (pointer: number, size = 77): string =>
  `(func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (if (result i32) (i32.eq (local.get $size) (i32.const ${size})) (then (i32.const ${pointer})) (else (i32.const 4096))))`;

const PLACES = [
  { name: 'one byte behind the memory’s end', pointer: MEMORY_BYTES - 99, length: 100 },
  { name: 'in the last byte of what can be addressed', pointer: -1, length: 100 },
  { name: 'around its end', pointer: -50, length: 100 },
  { name: 'where its sign bit is set', pointer: -2147483648, length: 8 },
];
const AREAS = [
  { name: 'behind the memory’s end', area: MEMORY_BYTES - 8, verdict: OUTSIDE },
  { name: 'at the end of what can be addressed', area: -4, verdict: OUTSIDE },
  { name: 'that is not aligned', area: 2049, verdict: UNALIGNED },
];
const GIANTS = [
  { name: 'one byte above the limit', length: LIMIT + 1 },
  { name: 'of two gigabytes', length: 0x7fff_ffff },
  { name: 'of four gigabytes less one', length: -1 },
];

describe.each(MODES)('messages, %s', (isolation) => {
  const limits = { messageMiB: 1 };
  const says = provideRaw('acme:says/says@1.0.0', (request) => new Uint8Array(Buffer.from(request).readUInt32LE()));
  const options = { isolation, limits, capabilities: [says] };

  test('at the limit pass, both ways; a request above it changes nothing', async () => {
    await besieged(options, async ({ load }) => {
      const plugin = await load({ memory: MEMORY });
      const largest = new Uint8Array(LIMIT).fill(7);
      expect(Buffer.from(await plugin.callRaw(SCORE, largest)).equals(largest)).toBe(true);
      const error = await failure(plugin.callRaw(SCORE, new Uint8Array(LIMIT + 1)));
      expect(error.code).toBe('LIMIT_EXCEEDED');
      expect(error.message).toContain(`the request has ${LIMIT + 1} bytes, the limit is ${LIMIT}`);
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
      expect(plugin.totals()).toMatchObject({ calls: 3, failures: 1, deaths: 0, instances: 1 });
    });
  });

  for (const { name, length } of GIANTS) {
    test(`answered ${name} end the instance`, () =>
      attackInCall(options, { memory: MEMORY, attack: answer(0, length) }, TOO_LONG));
    test(`refused with, ${name}, end it too`, () =>
      attackInCall(options, { memory: MEMORY, attack: answer(0, length, 1) }, TOO_LONG));
    test(`asked of a capability ${name} end it`, () =>
      attackInCall(options, { capability: says.id, memory: MEMORY, attack: ask(0, length) }, TOO_LONG));
  }

  for (const { name, pointer, length } of PLACES) {
    test(`answered ${name} end the instance`, () =>
      attackInCall(options, { memory: MEMORY, attack: answer(pointer, length) }, OUTSIDE));
    test(`asked of a capability ${name} end it`, () =>
      attackInCall(options, { capability: says.id, memory: MEMORY, attack: ask(pointer, length) }, OUTSIDE));
    test(`whose room the allocator says is ${name} end it`, () =>
      attackInCall(
        options,
        {
          capability: says.id,
          memory: MEMORY,
          realloc: allocating(pointer, length),
          // The capability answers with as many bytes.
          attack: `(i32.store (i32.const 512) (i32.const ${length})) ${ask(512, 4)}`,
        },
        OUTSIDE,
      ));
  }

  for (const { name, area, verdict } of AREAS) {
    test(`whose result area lies ${name} end the instance`, () =>
      attackInCall(options, { memory: MEMORY, attack: `(return (i32.const ${area}))` }, verdict));
    test(`asked for into a result area ${name} are not asked`, async () => {
      let asked = 0;
      const count = provideRaw('acme:count/count@1.0.0', () => {
        asked++;
        return new Uint8Array();
      });
      const attacker = { capability: count.id, memory: MEMORY, attack: ask(0, 4, area) };
      await attackInCall({ ...options, capabilities: [count] }, attacker, verdict);
      expect(asked).toBe(0);
    });
  }

  test('with a tag that is neither answer nor refusal end it', () =>
    attackInCall(
      options,
      { memory: MEMORY, attack: answer(0, 0, 2) },
      { code: TRAP, says: /its tag is 2, where 0 or 1/ },
    ));

  test('that a capability answers pass at the limit, and end the instance above it', async () => {
    const saying = (length: number): Attacker => ({
      capability: says.id,
      memory: MEMORY,
      attack: `(i32.store (i32.const 512) (i32.const ${length})) ${ask(512, 4)} (return (i32.const 2048))`,
    });
    await besieged(options, async ({ load }) => {
      expect((await (await load(saying(LIMIT))).callRaw(SCORE, ATTACK)).byteLength).toBe(LIMIT);
    });
    const tooLong = new RegExp(`the answer of acme:says/says@1\\.0\\.0 has ${LIMIT + 1} bytes, the limit is ${LIMIT}`);
    await attackInCall(options, saying(LIMIT + 1), { code: 'LIMIT_EXCEEDED', says: tooLong });
  });

  describe('of values', () => {
    const hook = defineHook(SCORE, { request: struct({ value: any }), response: struct({ value: any }) });
    const accept: HostCapability = provide(
      defineHook('acme:accept/accept@1.0.0', { request: struct({ value: any }), response: struct({}) }),
      () => ({}),
    );
    const VALUE = [0x81, 0xa5, ...Buffer.from('value')];
    const nil = 0xc0;
    /** The map around the value is a level too. */
    const nested = (depth: number): number[] => [...VALUE, ...Array(depth - 1).fill(0x91), nil];
    const nestedValue = (depth: number): unknown => (depth === 0 ? null : [nestedValue(depth - 1)]);

    const bad: readonly { name: string; bytes: readonly number[]; says: RegExp }[] = [
      { name: 'one level too deep', bytes: nested(65), says: /nest deeper than 64/ },
      { name: 'very deep', bytes: nested(30_000), says: /nest deeper than 64/ },
      {
        name: 'of four billion entries, by its own account',
        bytes: [...VALUE, 0xdf, 255, 255, 255, 255],
        says: /Cannot read/,
      },
      {
        name: 'of four billion items, by its own account',
        bytes: [...VALUE, 0xdd, 255, 255, 255, 255],
        says: /Cannot read/,
      },
      {
        name: 'of four gigabytes of text, by its own account',
        bytes: [...VALUE, 0xdb, 255, 255, 255, 255],
        says: /Cannot read/,
      },
      {
        name: 'of more values than there may be',
        bytes: [...VALUE, 0xdd, 0, 4, 0x93, 0xe0, ...Array(300_000).fill(nil)],
        says: /more than 262144 values/,
      },
    ];
    const saying = (bytes: readonly number[], what: (length: number) => string): Attacker => ({
      memory: `${MEMORY} (data (i32.const 131072) "${dataText(Uint8Array.from(bytes))}")`,
      handle: `(if (i32.ne (local.get $len) (i32.const 5)) (then ${what(bytes.length)})) ${ECHO}`,
    });
    const answering = (bytes: readonly number[]) => saying(bytes, (length) => answer(131_072, length));
    const asking = (bytes: readonly number[]): Attacker => ({
      capability: accept.id,
      ...saying(bytes, (length) => `${ask(131_072, length)} (return (i32.const 2048))`),
    });

    for (const { name, bytes, says } of bad) {
      test(`${name}, answered, cannot be read; and the plugin goes on`, async () => {
        await besieged(options, async ({ load }) => {
          const plugin = await load(answering(bytes));
          const error = await failure(plugin.call(hook, { value: 1 }));
          expect([error.code, error.message]).toEqual(['ABI_MALFORMED', expect.stringMatching(says)]);
          expect(error.message).toContain('"example.com/attacker"');
          expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
          expect(plugin.totals()).toMatchObject({ deaths: 0, instances: 1 });
        });
      });

      test(`${name}, asked of a capability, are refused; and the plugin goes on`, async () => {
        await besieged({ ...options, capabilities: [accept] }, async ({ load }) => {
          const plugin = await load(asking(bytes));
          const error = await failure(plugin.callRaw(SCORE, ATTACK));
          expect([error.details.guestCode, error.message]).toEqual(['invalid', expect.stringMatching(says)]);
          expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
          expect(plugin.totals()).toMatchObject({ deaths: 0, instances: 1 });
        });
      });
    }

    test('with a key twice have the last one’s value', async () => {
      const twice = [0x82, ...VALUE.slice(1), 1, ...VALUE.slice(1), 0x82, 0xa1, 0x61, 2, 0xa1, 0x61, 3];
      await besieged(options, async ({ load }) => {
        expect(await (await load(answering(twice))).call(hook, { value: 0 })).toEqual({ value: { a: 3 } });
      });
    });

    test('of 64 levels pass, both ways', async () => {
      await besieged({ ...options, capabilities: [accept] }, async ({ load }) => {
        const echo = await load({ memory: MEMORY });
        expect(await echo.call(hook, { value: nestedValue(63) })).toEqual({ value: nestedValue(63) });
        await expect(echo.call(hook, { value: nestedValue(64) })).rejects.toThrow(TypeError);
        const asks = await load(asking(nested(64)));
        expect(await asks.callRaw(SCORE, ATTACK)).toEqual(Uint8Array.of(0x80));
      });
    });
  });
});
