/** `limits.memoryMiB`: all linear memory of one instance, however it is asked for. */
import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import {
  ATTACK,
  type Attacker,
  attackerSource,
  attackInCall,
  besieged,
  MODES,
  PEACE,
  refusedAtLoad,
} from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const PAGE = 65_536;
/** Of the limit, 4 MiB. */
const PAGES = 64;

/** Answers with a number. */
const answer = (compute: string): string =>
  `(i32.store (i32.const 512) ${compute}) (return (call $answer (i32.const 0) (i32.const 512) (i32.const 4)))`;
const GROW = '(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))';

/** A second core module with a memory of its own, which its function grows as far as it can. */
const SECOND: Attacker = {
  before: `
    (core module $second (memory 1)
      (func (export "grow") (result i32) ${GROW} (memory.size)))
    (core instance $second (instantiate $second))`,
  with: '(with "second" (instance $second))',
  imports: '(import "second" "grow" (func $grow (result i32)))',
};

describe.each(MODES)('memory, %s', (isolation) => {
  const options = { isolation, limits: { memoryMiB: 4 } };

  const greedy: readonly { name: string; attacker: Attacker }[] = [
    { name: 'page by page', attacker: { attack: `${GROW} ${answer('(memory.size)')}` } },
    {
      name: 'by ever smaller pieces',
      attacker: {
        locals: '(local $by i32)',
        attack: `(local.set $by (i32.const 65536))
          (loop $smaller
            (loop $same (br_if $same (i32.ne (memory.grow (local.get $by)) (i32.const -1))))
            (local.set $by (i32.shr_u (local.get $by) (i32.const 1)))
            (br_if $smaller (local.get $by)))
          ${answer('(memory.size)')}`,
      },
    },
    {
      name: 'towards a maximum of its own that is above the limit',
      attacker: { memory: '(memory (export "memory") 1 65536)', attack: `${GROW} ${answer('(memory.size)')}` },
    },
    {
      name: 'from inside an exception handler',
      attacker: { main: '(tag $t)', attack: `try (throw $t) catch_all ${GROW} end ${answer('(memory.size)')}` },
    },
    {
      name: 'together with the memory of another module',
      attacker: { ...SECOND, attack: answer(`(block (result i32) ${GROW} (i32.add (call $grow) (memory.size)))`) },
    },
    {
      name: 'with what it gets written to, all of it',
      attacker: {
        attack: `${GROW} (memory.fill (i32.const 0) (i32.const 255) (i32.mul (memory.size) (i32.const ${PAGE})))
          ${answer('(memory.size)')}`,
      },
    },
  ];
  for (const { name, attacker } of greedy) {
    test(`grown ${name} ends at the limit, and the plugin goes on`, async () => {
      await besieged(options, async ({ load }) => {
        const plugin = await load(attacker);
        expect(Buffer.from(await plugin.callRaw(SCORE, ATTACK)).readUInt32LE()).toBe(PAGES);
        expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
        expect(plugin.totals()).toMatchObject({ deaths: 0, instances: 1, peakMemoryBytes: PAGES * PAGE });
      });
    });
  }

  test('that is not there traps when it is used', async () => {
    const attack = `(drop (i32.load (i32.sub (i32.mul (i32.const ${PAGES}) (i32.const ${PAGE})) (i32.const 3))))`;
    const memory = `(memory (export "memory") ${PAGES})`;
    await attackInCall(options, { memory, attack }, { code: 'GUEST_TRAP', says: /out of bounds/ });
    await attackInCall(options, { attack: `${GROW} ${attack}` }, { code: 'GUEST_TRAP', says: /out of bounds/ });
  });

  test('that an allocator does not get is no place for a request', async () => {
    // The allocator answers with the address behind the memory that it could not grow.
    const realloc = `(func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (if (result i32) (i32.eq (local.get $size) (i32.const 1))
        (then ${GROW} (i32.mul (memory.size) (i32.const ${PAGE})))
        (else (i32.const 4096))))`;
    await attackInCall(
      options,
      { realloc },
      { code: 'GUEST_TRAP', says: /cabi_realloc answered with memory at byte 4194304/ },
    );
  });
});

describe('a component that starts above the limit', () => {
  const limits = { memoryMiB: 4 };
  const cases = [
    { name: 'by a page', attacker: { memory: `(memory (export "memory") ${PAGES + 1})` }, bytes: (PAGES + 1) * PAGE },
    { name: 'by all that can be addressed', attacker: { memory: '(memory (export "memory") 65536)' }, bytes: 2 ** 32 },
    {
      name: 'with its memories together',
      attacker: { ...SECOND, memory: `(memory (export "memory") ${PAGES})` },
      bytes: (PAGES + 1) * PAGE,
    },
  ];
  for (const { name, attacker, bytes } of cases) {
    test(`${name} is refused before anything is reserved`, async () => {
      await refusedAtLoad({ limits }, parse(attackerSource(attacker)), {
        code: 'LIMIT_EXCEEDED',
        says: new RegExp(`it starts with ${bytes} bytes of memory, the limit is 4194304`),
      });
    });
  }

  test('in its data, which lies behind its memory, is refused', async () => {
    const data = `(data (i32.const ${PAGES * PAGE - 2}) "${'x'.repeat(100)}")`;
    await besieged({ limits }, async ({ load }) => {
      const plugin = await load({ main: data });
      await expect(plugin.callRaw(SCORE, PEACE)).rejects.toMatchObject({ code: 'GUEST_TRAP' });
    });
  });

  test('by very many memories is refused, for each reserves address space', async () => {
    const more = Array.from(
      { length: 17 },
      (_, i) => `(core module $m${i} (memory 0)) (core instance (instantiate $m${i}))`,
    );
    await refusedAtLoad({}, parse(attackerSource({ more: more.join(' ') })), {
      code: 'LIMIT_EXCEEDED',
      says: /it has 18 memories, the limit is 16/,
    });
  });
});
