/**
 * `limits.fuel`: work of one call, counted exactly, and the same on every machine, in every version of Node, inline and in a thread.
 *
 * The numbers here are what a run of the same package costs anywhere. They change only when host/sandbox/meter/costs.ts or
 * bulk-helpers.ts do, for all versions of Node at once.
 */
import { describe, expect, test } from 'vitest';
import { type HostOptions, provideRaw } from '../../host/index.js';
import { SLEEP } from '../support/attack-parts.js';
import {
  ATTACK,
  type Attacker,
  attackAtStart,
  attackInCall,
  besieged,
  checkVerdict,
  failure,
  MODES,
  PEACE,
} from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const PLENTY = 1_000_000_000;
const FOR_EVER = '(loop $again (br $again))';
const CALL = '(call $call (i32.const 0) (i32.const 0) (i32.const 2048))';
const used = (units: number) => ({
  code: 'FUEL_EXHAUSTED',
  says: new RegExp(`Cannot call acme:score/score@1\\.0\\.0: it used up its ${units} units of fuel`),
});

/** Runs `body` that many times. */
const times = (count: number, body: string, label = 'again', counter = 'i'): string =>
  `(local.set $${counter} (i32.const ${count}))
  (loop $${label} ${body}
    (br_if $${label} (local.tee $${counter} (i32.sub (local.get $${counter}) (i32.const 1)))))`;

/** A third core module, which does as much work as it is told. */
const SECOND: Attacker = {
  before: `
    (core module $second
      (func (export "work") (param $n i32)
        (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
    (core instance $second (instantiate $second))`,
  with: '(with "second" (instance $second))',
  imports: '(import "second" "work" (func $work (param i32)))',
};

const PAGES = '(memory (export "memory") 32)';
/** Within what is done in one go, by the length; and above, where it is done in chunks. */
const FILLS = [
  { bytes: 1000, units: 94 },
  { bytes: 100_000, units: 1657 },
  { bytes: 1_000_000, units: 15_944 },
];

const PROGRAMS: readonly { name: string; attacker: Attacker; units: number }[] = [
  { name: 'an echo', attacker: {}, units: 48 },
  { name: 'a loop', attacker: { locals: '(local $i i32)', attack: times(1000, '') }, units: 5054 },
  {
    name: 'loops inside of loops',
    attacker: {
      locals: '(local $i i32) (local $j i32)',
      attack: times(30, times(30, '', 'inner', 'j')),
    },
    units: 4764,
  },
  {
    name: 'a recursion',
    attacker: {
      main: `(func $fib (param $n i32) (result i32)
        (if (result i32) (i32.lt_u (local.get $n) (i32.const 2)) (then (local.get $n)) (else
          (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1))) (call $fib (i32.sub (local.get $n) (i32.const 2)))))))`,
      attack: '(drop (call $fib (i32.const 15)))',
    },
    units: 37_537,
  },
  {
    name: 'calls through a table, by a branch table',
    attacker: {
      main: `(type $t (func (param i32) (result i32))) (table 2 funcref) (elem (i32.const 0) $even $odd)
        (func $even (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
        (func $odd (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 3)))`,
      locals: '(local $i i32)',
      attack: times(
        100,
        `(block $c (block $b (block $a (br_table $a $b $c (i32.rem_u (local.get $i) (i32.const 3))))
          (drop (call_indirect (type $t) (local.get $i) (i32.const 0))) (br $c))
          (drop (call_indirect (type $t) (local.get $i) (i32.const 1))))`,
      ),
    },
    units: 3465,
  },
  {
    name: 'numbers of all kinds',
    attacker: {
      locals: '(local $i i32) (local $x f64) (local $n i64) (local $v v128)',
      attack: times(
        200,
        `(local.set $x (f64.sqrt (f64.add (local.get $x) (f64.convert_i32_u (local.get $i)))))
        (local.set $n (i64.rem_u (i64.const -1) (i64.or (local.get $n) (i64.const 3))))
        (local.set $v (i64x2.mul (local.get $v) (v128.const i64x2 3 5)))
        (i64.store (i32.const 512) (i64.rotl (i64.load (i32.const 512)) (local.get $n)))`,
      ),
    },
    units: 11_654,
  },
  {
    name: 'exceptions, caught',
    attacker: {
      main: '(tag $t (param i32)) (func $throw (param i32) (throw $t (local.get 0)))',
      locals: '(local $i i32)',
      attack: times(50, 'try (call $throw (local.get $i)) catch $t drop end'),
    },
    units: 100_904,
  },
  ...FILLS.map(({ bytes, units }) => ({
    name: `a fill of ${bytes} bytes`,
    attacker: { attack: `(memory.fill (i32.const 8192) (i32.const 1) (i32.const ${bytes}))`, memory: PAGES },
    units,
  })),
  {
    name: 'copies that overlap, forwards and backwards',
    attacker: {
      attack: `(memory.copy (i32.const 8192) (i32.const 8193) (i32.const 300000))
        (memory.copy (i32.const 8193) (i32.const 8192) (i32.const 300000))`,
      memory: PAGES,
    },
    units: 9608,
  },
  {
    name: 'tables, filled and copied',
    attacker: {
      main: '(table $t 5000 funcref)',
      attack: `(table.fill $t (i32.const 0) (ref.null func) (i32.const 5000))
        (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 4000))`,
    },
    units: 146_458,
  },
  {
    name: 'growth, with success and without',
    attacker: { attack: '(drop (memory.grow (i32.const 3))) (drop (memory.grow (i32.const 60000)))' },
    units: 4054,
  },
  {
    name: 'calls to the host, each of which makes it allocate',
    attacker: { locals: '(local $i i32)', attack: times(10, CALL) },
    units: 414,
  },
  {
    name: 'work in another module',
    attacker: { ...SECOND, attack: '(call $work (i32.const 1000))' },
    units: 5063,
  },
];

/** A counter goes up, and the host is told of it; with work of other kinds in between. */
const COUNTING = `(loop $again
  (i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1)))
  (if (i32.rem_u (i32.load (i32.const 512)) (i32.const 3)) (then ${times(5, '', 'short')}))
  (call $call (i32.const 512) (i32.const 4) (i32.const 2048))
  (br $again))`;
/** What the counter was when the fuel ran out. */
const STOPS: readonly { fuel: number; counter: number }[] = [
  { fuel: 60, counter: 0 },
  { fuel: 1000, counter: 13 },
  { fuel: 10_000, counter: 140 },
  // Around one more turn.
  { fuel: 12_345, counter: 173 },
  // More than a slice, where code asks for fuel by slices.
  { fuel: 250_000, counter: 3520 },
  { fuel: 777_777, counter: 10_954 },
];

describe.each(MODES)('fuel, %s', (isolation) => {
  const withFuel = (fuel: number, more: HostOptions = {}): HostOptions => ({ isolation, limits: { fuel }, ...more });

  for (const { name, attacker, units } of PROGRAMS) {
    test(`that ${name} takes is ${units}: with that it runs, with one less it does not`, async () => {
      await besieged(withFuel(PLENTY), async ({ load }) => {
        const plugin = await load(attacker, { pool: { fresh: true } });
        const request = attacker.attack === undefined ? PEACE : ATTACK;
        for (let i = 0; i < 2; i++) {
          expect((await plugin.measureRaw(SCORE, request)).usage.fuel).toBe(units);
        }
        const { response, usage } = await plugin.measureRaw(SCORE, request, { fuel: units });
        expect([response, usage.fuel]).toEqual([request, units]);
        checkVerdict(await failure(plugin.callRaw(SCORE, request, { fuel: units - 1 })), used(units - 1));
        expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
        expect(plugin.totals()).toMatchObject({ calls: 5, deaths: 1 });
      });
    });
  }

  for (const { fuel, counter } of STOPS) {
    test(`of ${fuel} units ends a count at ${counter}`, async () => {
      const told: number[] = [];
      const tell = provideRaw('acme:count/count@1.0.0', (bytes) => {
        told.push(Buffer.from(bytes).readUInt32LE());
        return new Uint8Array();
      });
      const options = withFuel(fuel, { capabilities: [tell] });
      const attacker = { capability: tell.id, locals: '(local $i i32)', attack: COUNTING };
      await attackInCall(options, attacker, used(fuel));
      // It attacked twice, each time in a fresh instance.
      const once = Array.from({ length: counter }, (_, i) => i + 1);
      expect(told).toEqual([...once, ...once]);
    });
  }

  const attacks: readonly { name: string; attacker: Attacker }[] = [
    { name: 'a loop', attacker: { attack: FOR_EVER } },
    { name: 'a loop in another module', attacker: { ...SECOND, attack: '(call $work (i32.const 0))' } },
    {
      name: 'a loop that alternates between two modules',
      attacker: { ...SECOND, attack: '(loop $again (call $work (i32.const 1)) (br $again))' },
    },
    {
      name: 'an allocator',
      attacker: {
        realloc: `(func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
          (if (i32.eq (local.get $size) (i32.const 1)) (then ${FOR_EVER})) (i32.const 4096))`,
      },
    },
    {
      name: 'clean-up after the answer',
      attacker: { post: `(if (i32.eq (i32.load (i32.const 1032)) (i32.const 1)) (then ${FOR_EVER}))` },
    },
    {
      name: 'everything caught around everything, again and again',
      attacker: {
        main: `(func $inner try ${FOR_EVER} catch_all ${FOR_EVER} end)`,
        attack: '(loop $again try (call $inner) catch_all end (br $again))',
      },
    },
    {
      name: 'calls that double at each level',
      attacker: {
        main: `(func $f (param i32) (if (local.get 0) (then
          (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))`,
        attack: '(call $f (i32.const 50))',
      },
    },
    {
      name: 'one fill after the other',
      attacker: {
        memory: PAGES,
        attack: '(memory.fill (i32.const 8192) (i32.const 1) (i32.const 1000000))'.repeat(100),
      },
    },
    { name: 'calls to the host', attacker: { attack: `(loop $again ${CALL} (br $again))` } },
  ];
  for (const { name, attacker } of attacks) {
    test(`ends ${name}`, () => attackInCall(withFuel(100_000), attacker, used(100_000)));
  }

  /** More than half of what there is, in a call and in the start function. */
  const MUCH = '(call $work (i32.const 12000))';

  test('is of the start by itself, and of each call by itself', async () => {
    await besieged(withFuel(100_000), async ({ load }) => {
      const plugin = await load({ ...SECOND, main: `(func $begin ${MUCH}) (start $begin)`, attack: MUCH });
      for (let i = 0; i < 5; i++) {
        expect((await plugin.measureRaw(SCORE, ATTACK)).usage.fuel).toBe(60_063);
      }
      const { fuel, deaths } = plugin.totals();
      expect([fuel, deaths]).toEqual([5 * 60_063 + 60_012, 0]);
    });
  });

  test('ends a start function', () =>
    attackAtStart(
      withFuel(100_000),
      { ...SECOND, main: `(func $begin ${MUCH.repeat(2)}) (start $begin)` },
      { code: 'FUEL_EXHAUSTED', says: /Cannot start the component: it used up its 100000 units of fuel/ },
    ));

  test('of one call can be less than that of the plugin', async () => {
    await besieged(withFuel(100_000), async ({ load }) => {
      const plugin = await load({ attack: FOR_EVER });
      checkVerdict(await failure(plugin.callRaw(SCORE, ATTACK, { fuel: 5000 })), used(5000));
      checkVerdict(await failure(plugin.callRaw(SCORE, ATTACK)), used(100_000));
      await expect(plugin.callRaw(SCORE, ATTACK, { fuel: 100_001 })).rejects.toThrow(RangeError);
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
      expect(plugin.totals()).toMatchObject({ calls: 3, deaths: 2 });
    });
  });

  test('is counted although the same component has run uncounted before, and the other way round', async () => {
    await besieged({ isolation, limits: { deadlineMs: 60_000 } }, async ({ load }) => {
      // Another component than those of the other tests, so that nothing is kept of it yet.
      const attacker = { attack: FOR_EVER, main: `(func ${isolation === 'inline' ? 'nop' : 'nop nop'})` };
      const uncounted = await load(attacker);
      checkVerdict(await failure(uncounted.callRaw(SCORE, ATTACK, { deadlineMs: 50 })), {
        code: 'DEADLINE_EXCEEDED',
        says: /longer than 50 ms/,
      });
      const counted = await load(attacker, { limits: { fuel: 100_000 } });
      checkVerdict(await failure(counted.callRaw(SCORE, ATTACK)), used(100_000));
      const other = await load(attacker, { limits: { fuel: 5000 } });
      checkVerdict(await failure(other.callRaw(SCORE, ATTACK)), used(5000));
      const { usage } = await (await load(attacker)).measureRaw(SCORE, PEACE);
      expect(usage.fuel).toBeUndefined();
    });
  });

  test('and the deadline end a call each, whichever comes first', async () => {
    const attacker = { ...SLEEP, main: `(func $spin ${FOR_EVER})`, attack: '(call $spin)' };
    // Enough for the start of a thread on a busy machine, which has the same deadline.
    const outOfTime = { code: 'DEADLINE_EXCEEDED', says: /longer than 1000 ms/ };
    const limits = (fuel: number, deadlineMs: number) => ({ isolation, limits: { fuel, deadlineMs } });
    await attackInCall(limits(100_000, 60_000), attacker, used(100_000));
    await attackInCall(limits(Number.MAX_SAFE_INTEGER, 1000), attacker, outOfTime);
    // Sleep costs time, and hardly any fuel.
    await attackInCall(limits(100_000, 1000), { ...SLEEP, attack: SLEEP.forDays }, outOfTime);
  });
});
