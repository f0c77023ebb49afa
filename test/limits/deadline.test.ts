/** `limits.deadlineMs`: wall time of a call and of starting an instance, whatever the guest does with it. */

import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { provideRaw } from '../../host/index.js';
import { SLEEP, supports, workingFor } from '../support/attack-parts.js';
import {
  ATTACK,
  type Attacker,
  attackAtStart,
  attackerSource,
  attackInCall,
  besieged,
  checkVerdict,
  failure,
  MODES,
  PEACE,
  refusedAtLoad,
} from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

/** Of the attacks. Other calls have plenty, so that a busy machine fails none of them. */
const DEADLINE_MS = 60;
const CALL_OPTIONS = { deadlineMs: DEADLINE_MS };
/** Of a plugin that never gets to start. */
const START_MS = 300;
const VERDICT = { code: 'DEADLINE_EXCEEDED', says: /Cannot call acme:score\/score@1\.0\.0: it ran longer than 60 ms/ };
const START_VERDICT = { code: 'DEADLINE_EXCEEDED', says: /Cannot start the component: it ran longer than 300 ms/ };

const FOR_EVER = '(loop $again (br $again))';
const CALL = '(call $call (i32.const 0) (i32.const 0) (i32.const 2048))';
const PAGES = '(memory (export "memory") 512)';
const HALF = 'i32.const 16000000';

const ATTACKS: readonly { name: string; attacker: Attacker }[] = [
  { name: 'a loop', attacker: { attack: FOR_EVER } },
  {
    name: 'a loop that counts',
    attacker: {
      locals: '(local $i i32)',
      attack: '(loop $again (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $again (i32.const 1)))',
    },
  },
  {
    name: 'a loop that goes round by a branch table',
    attacker: { attack: '(loop $again (block $out (br_table $again $again $again (i32.const 1))))' },
  },
  {
    name: 'a loop with a branch table of sixty thousand targets',
    attacker: {
      attack: `(loop $again (block $x (br_table ${'$again $x '.repeat(30_000)} $again (i32.const 50000))) (br $again))`,
    },
  },
  { name: 'loops inside of loops', attacker: { attack: `${'(loop '.repeat(40)} (br 39) ${')'.repeat(40)}` } },
  {
    name: 'a loop that keeps half its work on the stack',
    attacker: { attack: '(loop $again (result i32) (i32.const 1) (br $again)) (drop)' },
  },
  {
    name: 'a loop in code that is only jumped into',
    attacker: { attack: '(block $in (loop $again (br_if $in (i32.const 0)) (br $again)) (unreachable))' },
  },
  {
    name: 'a loop that catches everything',
    attacker: { main: '(tag $t)', attack: '(loop $again try (throw $t) catch_all end (br $again))' },
  },
  {
    name: 'a loop inside of a handler',
    attacker: { main: '(tag $t)', attack: `try (throw $t) catch_all ${FOR_EVER} end` },
  },
  {
    name: 'everything caught around everything, again and again',
    attacker: {
      main: `(func $inner try ${FOR_EVER} catch_all ${FOR_EVER} end)`,
      attack: `(loop $again try (call $inner) catch_all end (br $again))`,
    },
  },
  {
    name: 'an exception thrown up through a thousand frames, again and again',
    attacker: {
      main: `(tag $t) (func $up (param i32)
        (if (local.get 0) (then (call $up (i32.sub (local.get 0) (i32.const 1)))) (else (throw $t))))`,
      attack: '(loop $again try (call $up (i32.const 1000)) catch_all end (br $again))',
    },
  },
  {
    name: 'calls that double at each level, without a loop',
    attacker: {
      main: `(func $f (param i32) (if (local.get 0) (then
        (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))`,
      attack: '(call $f (i32.const 50))',
    },
  },
  {
    name: 'the same through a table',
    attacker: {
      main: `(type $t (func (param i32))) (table 1 funcref) (elem (i32.const 0) $f)
        (func $f (param i32) (if (local.get 0) (then
          (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
          (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))`,
      attack: '(call $f (i32.const 50))',
    },
  },
  {
    // Each function calls the next one thirty times: 30 to the power of 8 calls, none of them backwards.
    name: 'straight-line calls, without a loop or a recursion',
    attacker: {
      main: `${Array.from({ length: 8 }, (_, i) => `(func $f${i} ${`(call $f${i + 1})`.repeat(30)})`).join(' ')} (func $f8)`,
      attack: '(call $f0)',
    },
  },
  {
    name: 'straight-line calls of a leaf, two hundred thousand of them',
    attacker: {
      main: `(func $leaf (param f64) (result f64) ${'(local.set 0 (f64.sqrt (f64.div (local.get 0) (f64.const 3))))'.repeat(20)} (local.get 0))
        ${Array.from({ length: 8 }, (_, i) => `(func $g${i} ${'(drop (call $leaf (f64.const 7)))'.repeat(15_000)})`).join('\n')}
        (func $all ${Array.from({ length: 8 }, (_, i) => `(call $g${i})`).join(' ')})`,
      attack: '(call $all) (call $all) (call $all) (call $all) (call $all) (call $all) (call $all) (call $all)',
    },
  },
  {
    name: 'four hundred fills of 16 MB',
    attacker: { memory: PAGES, attack: `(memory.fill (i32.const 0) (i32.const 1) (${HALF}))`.repeat(400) },
  },
  {
    name: 'four hundred copies of 16 MB that overlap',
    attacker: {
      memory: PAGES,
      attack:
        `(memory.copy (i32.const 1) (i32.const 0) (${HALF})) (memory.copy (i32.const 0) (i32.const 1) (${HALF}))`.repeat(
          200,
        ),
    },
  },
  {
    name: 'a loop of initialisations from a segment',
    attacker: {
      memory: PAGES,
      main: `(data $d "${'x'.repeat(100_000)}")`,
      attack: '(loop $again (memory.init $d (i32.const 0) (i32.const 0) (i32.const 100000)) (br $again))',
    },
  },
  {
    name: 'a loop of growth by nothing',
    attacker: { attack: '(loop $again (drop (memory.grow (i32.const 0))) (br $again))' },
  },
  {
    name: 'a loop of growth that fails',
    attacker: { attack: '(loop $again (drop (memory.grow (i32.const 65536))) (br $again))' },
  },
  {
    name: 'a loop of vector operations',
    attacker: {
      locals: '(local $v v128)',
      attack: '(loop $again (local.set $v (i64x2.mul (local.get $v) (v128.const i64x2 3 5))) (br $again))',
    },
  },
  {
    name: 'a loop of divisions',
    attacker: {
      locals: '(local $n i64)',
      attack:
        '(loop $again (local.set $n (i64.rem_u (i64.const -1) (i64.or (local.get $n) (i64.const 3)))) (br $again))',
    },
  },
  { name: 'a loop of calls to the host', attacker: { attack: `(loop $again ${CALL} (br $again))` } },
  {
    name: 'a loop of calls to the host, with everything caught',
    attacker: { attack: `(loop $again try ${CALL} catch_all end (br $again))` },
  },
  { name: 'sleep', attacker: { ...SLEEP, attack: SLEEP.forDays } },
  {
    name: 'sleep, with everything caught and again',
    attacker: { ...SLEEP, attack: `(loop $again try ${SLEEP.forDays} catch_all end (br $again))` },
  },
  {
    name: 'very many very short sleeps',
    attacker: { ...SLEEP, attack: `(loop $again ${SLEEP.forMoment} (br $again))` },
  },
];

const TAIL_CALLS: Attacker = {
  main: '(func $f (param i32) (return_call $g (local.get 0))) (func $g (param i32) (return_call $f (i32.add (local.get 0) (i32.const 1))))',
  attack: '(call $f (i32.const 0))',
};
const INDIRECT_TAIL_CALLS: Attacker = {
  main: `(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f)
    (func $f (return_call_indirect (type $t) (i32.const 0)))`,
  attack: '(call $f)',
};

describe.each(MODES)('the deadline, %s', (isolation) => {
  // Far more calls to the host than there is time for.
  const options = { isolation, limits: { deadlineMs: 60_000, capabilityCalls: 1_000_000_000 } };
  const startOptions = { isolation, limits: { deadlineMs: START_MS } };

  for (const { name, attacker } of ATTACKS) {
    test(`ends ${name}`, () => attackInCall(options, attacker, VERDICT, CALL_OPTIONS));
  }

  for (const [name, attacker] of [
    ['tail calls', TAIL_CALLS],
    ['tail calls through a table', INDIRECT_TAIL_CALLS],
  ] as const) {
    test(`ends ${name}, or this V8 does not know them`, async () => {
      if (supports.tailCalls) {
        await attackInCall(options, attacker, VERDICT, CALL_OPTIONS);
      } else {
        await refusedAtLoad(options, parse(attackerSource(attacker)), {
          code: 'COMPONENT_MALFORMED',
          says: /not a valid/,
        });
      }
    });
  }

  test('ends what has far more fuel than time', async () => {
    const rich = { ...options, limits: { ...options.limits, fuel: Number.MAX_SAFE_INTEGER } };
    const attackers: Attacker[] = [
      { attack: FOR_EVER },
      { memory: PAGES, attack: `(loop $again (memory.fill (i32.const 0) (i32.const 1) (${HALF})) (br $again))` },
      { ...SLEEP, attack: SLEEP.forDays },
      ...(supports.tailCalls ? [TAIL_CALLS, INDIRECT_TAIL_CALLS] : []),
    ];
    for (const attacker of attackers) {
      await attackInCall(rich, attacker, VERDICT, CALL_OPTIONS);
    }
  });

  test('ends a start function', () =>
    attackAtStart(startOptions, { main: `(func $begin ${FOR_EVER}) (start $begin)` }, START_VERDICT));

  test('ends the start function of a helper module, and one that sleeps', async () => {
    const more = `(core module $m (func $begin ${FOR_EVER}) (start $begin)) (core instance (instantiate $m))`;
    await attackAtStart(startOptions, { more }, START_VERDICT);
    await attackAtStart(
      startOptions,
      { ...SLEEP, main: `(func $begin ${SLEEP.forDays}) (start $begin)` },
      START_VERDICT,
    );
  });

  test('ends an allocator', () =>
    attackInCall(
      options,
      {
        realloc: `(func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
          (if (i32.eq (local.get $size) (i32.const 1)) (then ${FOR_EVER})) (i32.const 4096))`,
      },
      VERDICT,
      CALL_OPTIONS,
    ));

  test('ends an allocator that is asked for room for what a capability answers', async () => {
    const answers = provideRaw('acme:answers/answers@1.0.0', () => new Uint8Array(77));
    await attackInCall(
      { ...options, capabilities: [answers] },
      {
        capability: answers.id,
        realloc: `(func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
          (if (i32.eq (local.get $size) (i32.const 77)) (then ${FOR_EVER})) (i32.const 4096))`,
        attack: CALL,
      },
      VERDICT,
      CALL_OPTIONS,
    );
  });

  test('ends clean-up after the answer', () =>
    attackInCall(
      options,
      // What was answered is as long as the request: one byte in an attack.
      { post: `(if (i32.eq (i32.load (i32.const 1032)) (i32.const 1)) (then ${FOR_EVER}))` },
      VERDICT,
      CALL_OPTIONS,
    ));

  test('does not come early: work that takes nearly as long is done', async () => {
    const { capability, attack } = workingFor(200);
    const options = {
      isolation,
      limits: { deadlineMs: 5000, capabilityCalls: 1_000_000_000 },
      capabilities: [capability],
    };
    await besieged(options, async ({ load }) => {
      const plugin = await load({ capability: capability.id, attack });
      for (let i = 0; i < 3; i++) {
        const start = performance.now();
        expect(await plugin.callRaw(SCORE, ATTACK)).toEqual(ATTACK);
        expect(performance.now() - start).toBeGreaterThan(199);
      }
      expect(plugin.totals().deaths).toBe(0);
    });
  });

  test('does not come early: whoever runs into it has had the time', async () => {
    await besieged(options, async ({ load }) => {
      const plugin = await load({ attack: FOR_EVER });
      for (let i = 0; i < 3; i++) {
        await plugin.callRaw(SCORE, PEACE);
        const start = performance.now();
        checkVerdict(await failure(plugin.callRaw(SCORE, ATTACK, CALL_OPTIONS)), VERDICT);
        expect(performance.now() - start).toBeGreaterThan(DEADLINE_MS - 2);
      }
    });
  });

  test('of the plugin holds where a call has none of its own', async () => {
    await besieged({ isolation, limits: { deadlineMs: START_MS } }, async ({ load }) => {
      const plugin = await load({ attack: FOR_EVER });
      const error = await failure(plugin.callRaw(SCORE, ATTACK));
      checkVerdict(error, { code: 'DEADLINE_EXCEEDED', says: /it ran longer than 300 ms/ });
    });
  });

  test('is of each call: a thousand short ones in a row are served after it would have passed', async () => {
    // Long, for a busy machine may let one of them wait.
    await besieged({ isolation, limits: { deadlineMs: 2000 } }, async ({ load }) => {
      const plugin = await load({});
      const end = performance.now() + 2500;
      while (performance.now() < end) {
        for (let i = 0; i < 10; i++) expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
      }
      expect(plugin.totals().deaths).toBe(0);
    });
  });
});
