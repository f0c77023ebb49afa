/** `limits.tableEntries`: entries of all tables of one instance, which live in the host's heap. */
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

const LIMIT = 1000;

/** Grows a table as far as it goes, `by` entries at a time. */
const grow = (table: string, by = 1, value = 'ref.null func'): string =>
  `(loop $again (br_if $again (i32.ne (table.grow ${table} (${value}) (i32.const ${by})) (i32.const -1))))`;
const answer = (compute: string): string =>
  `(i32.store (i32.const 512) ${compute}) (return (call $answer (i32.const 0) (i32.const 512) (i32.const 4)))`;

describe.each(MODES)('tables, %s', (isolation) => {
  const options = { isolation, limits: { tableEntries: LIMIT, deadlineMs: 60_000 } };

  const greedy: readonly { name: string; attacker: Attacker }[] = [
    {
      name: 'entry by entry',
      attacker: { main: '(table $t 1 funcref)', attack: `${grow('$t')} ${answer('(table.size $t)')}` },
    },
    {
      name: 'towards a maximum of its own that is above the limit',
      attacker: { main: '(table $t 1 10000000 funcref)', attack: `${grow('$t')} ${answer('(table.size $t)')}` },
    },
    {
      name: 'of references to what the host has',
      attacker: {
        main: '(table $t 1 externref)',
        attack: `${grow('$t', 1, 'ref.null extern')} ${answer('(table.size $t)')}`,
      },
    },
    {
      name: 'of several tables in turn',
      attacker: {
        main: '(table $a 1 funcref) (table $b 1 funcref) (table $c 1 funcref)',
        attack: `${grow('$a')} ${grow('$b')} ${grow('$c')}
          ${answer('(i32.add (table.size $a) (i32.add (table.size $b) (table.size $c)))')}`,
      },
    },
  ];
  for (const { name, attacker } of greedy) {
    test(`grown ${name} end at the limit, and the plugin goes on`, async () => {
      await besieged(options, async ({ load }) => {
        const plugin = await load(attacker);
        const size = Buffer.from(await plugin.callRaw(SCORE, ATTACK)).readUInt32LE();
        // Divided among several tables, a few entries may be left over.
        expect(size).toBeLessThanOrEqual(LIMIT);
        expect(size).toBeGreaterThan(LIMIT - 4);
        expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
        expect(plugin.totals()).toMatchObject({ deaths: 0, instances: 1 });
      });
    });
  }

  test('are not grown by four billion entries at once', async () => {
    await besieged(options, async ({ load }) => {
      const main = '(table $t 1 funcref)';
      const plugin = await load({
        main,
        attack: `${grow('$t', -1)} ${grow('$t', 0x7fff_ffff)} ${answer('(table.size $t)')}`,
      });
      expect(Buffer.from(await plugin.callRaw(SCORE, ATTACK)).readUInt32LE()).toBe(1);
    });
  });

  test('filled and copied without end run into the deadline', async () => {
    const main = '(table $t 1000 funcref)';
    const attack = `(loop $again
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 1000))
      (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 999))
      (br $again))`;
    const verdict = { code: 'DEADLINE_EXCEEDED', says: /longer than 100 ms/ };
    await attackInCall(options, { main, attack }, verdict, { deadlineMs: 100 });
  });
});

describe('a component whose tables start above the limit', () => {
  const options = { limits: { tableEntries: LIMIT } };
  const verdict = { code: 'LIMIT_EXCEEDED', says: /its tables start above the limit of 1000 entries/ };
  const cases: readonly { name: string; attacker: Attacker }[] = [
    { name: 'by one entry', attacker: { main: '(table 1001 funcref)' } },
    { name: 'by as many as V8 makes', attacker: { main: '(table 10000000 funcref)' } },
    { name: 'together', attacker: { main: '(table 600 funcref) (table 401 funcref)' } },
    { name: 'for each has none, but there are very many', attacker: { main: '(table 0 funcref) '.repeat(LIMIT + 1) } },
    {
      name: 'in the instances of a module together',
      attacker: { more: `(core module $m (table 300 funcref)) ${'(core instance (instantiate $m))'.repeat(4)}` },
    },
  ];
  for (const { name, attacker } of cases) {
    test(`${name} is refused`, () => refusedAtLoad(options, parse(attackerSource(attacker)), verdict));
  }

  test('is accepted at the limit', async () => {
    await besieged(options, async ({ load }) => {
      const plugin = await load({ main: `(table ${LIMIT} funcref)` });
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
    });
  });
});
