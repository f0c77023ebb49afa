/**
 * `limits.functionKiB`: the code of one function; and what else makes a function costly to check or to compile, which is done in one go
 * that nothing can interrupt. Each of the attacks here once kept the host busy for many seconds, or ended its process.
 */
import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { concat, leb, section } from '../../host/sandbox/wasm-bytes.js';
import { listSection, moduleOf, sized } from '../support/core-module.js';
import {
  ATTACK,
  type Attacker,
  attackerSource,
  besieged,
  MODES,
  PEACE,
  packAround,
  refusedAtLoad,
} from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const MIB = 1024 * 1024;
/** Of the processor, for what is refused. */
const TIME_MS = 5000;
const GROWTH_BYTES = 300 * MIB;

const many = (count: number, type = 'i32'): string => `${type} `.repeat(count);
/** A function whose body takes so many bytes: its count of locals and its end are two of them. */
const ofBytes = (size: number): string => `(func ${'nop '.repeat(size - 2)})`;

describe.each(MODES)('the code of a function, %s', (isolation) => {
  const options = { isolation, limits: { functionKiB: 4 } };

  test('may be as long as the limit', async () => {
    await besieged(options, async ({ load }) => {
      const plugin = await load({ main: ofBytes(4096) });
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
    });
  });

  test('may not be one byte longer', async () => {
    await refusedAtLoad(options, parse(attackerSource({ main: ofBytes(4097) })), {
      code: 'LIMIT_EXCEEDED',
      says: /the function at byte \d+ has 4097 bytes of code, the limit is 4096/,
    });
  });

  test('may not be longer in a module that nothing instantiates either', async () => {
    await refusedAtLoad(options, parse(attackerSource({ more: `(core module ${ofBytes(5000)})` })), {
      code: 'LIMIT_EXCEEDED',
      says: /5000 bytes of code/,
    });
  });

  test('of 256 KiB, the default, is compiled and runs', async () => {
    // Two bytes a call.
    const main = `(func $nothing) (func $long ${'(call $nothing)'.repeat(130_000)})`;
    await besieged({ isolation, limits: { deadlineMs: 30_000 } }, async ({ load }) => {
      const plugin = await load({ main, attack: '(call $long)' });
      expect(await plugin.callRaw(SCORE, ATTACK)).toEqual(ATTACK);
    });
  });
});

const LOCALS = `(local ${many(40_000)})`;
const ARITY = 1000;
const values = many(ARITY);

const COSTLY: readonly { name: string; attacker: Attacker; says: RegExp }[] = [
  {
    name: 'blocks that each take and leave a thousand values',
    attacker: {
      main: `(type $t (func (param ${values}) (result ${values})))
        (func (param ${values}) (result ${values})
          ${Array.from({ length: ARITY }, (_, i) => `(local.get ${i})`).join('')}
          ${'block (type $t) end '.repeat(50_000)})`,
    },
    says: /a type at byte \d+ has 1000 parameters, the limit is 64/,
  },
  {
    name: 'calls that each take and leave a thousand values',
    attacker: {
      main: `(func $f (param ${values}) (result ${values})
        ${Array.from({ length: ARITY }, (_, i) => `(local.get ${i})`).join('')} ${'call $f '.repeat(50_000)})`,
    },
    says: /a type at byte \d+ has 1000 parameters, the limit is 64/,
  },
  {
    name: 'many results alone',
    attacker: { main: `(type $t (func (result ${many(17)})))` },
    says: /a type at byte \d+ has 17 results, the limit is 16/,
  },
  {
    name: 'many locals and many loops',
    attacker: { main: `(func ${LOCALS} ${'(loop)'.repeat(20_000)})` },
    says: /its function \d+ takes more than \d+ units of work to compile/,
  },
  {
    name: 'loops inside of loops, which the optimising compiler spends minutes on',
    attacker: { main: `(func (local ${many(1000)}) ${'loop '.repeat(2500)} ${'end '.repeat(2500)})` },
    says: /units of work to compile/,
  },
  {
    name: 'many locals and many branches',
    attacker: { main: `(func ${LOCALS} ${'(block (br_if 0 (i32.const 0)))'.repeat(10_000)})` },
    says: /units of work to compile/,
  },
  {
    name: 'many locals and many calls',
    attacker: { main: `(func $f ${LOCALS} ${'(call $f)'.repeat(100_000)})` },
    says: /units of work to compile/,
  },
  {
    name: 'many operands and many branches',
    attacker: {
      main: `(func ${'i32.const 0 '.repeat(10_000)} ${'(if (i32.const 0) (then))'.repeat(10_000)} ${'drop '.repeat(10_000)})`,
    },
    says: /units of work to compile/,
  },
  {
    name: 'many locals and branch tables out of deep blocks',
    attacker: {
      main: `(func (local ${many(5000)}) ${'(block '.repeat(4000)}
        (br_table ${Array.from({ length: 4000 }, (_, i) => i).join(' ')} (i32.const 0)) ${')'.repeat(4000)})`,
    },
    says: /units of work to compile/,
  },
];

describe('a function that is costly to compile', () => {
  for (const { name, attacker, says } of COSTLY) {
    test(`for ${name} is refused, soon and without much memory`, async () => {
      const component = await parse(attackerSource(attacker));
      const memory = process.memoryUsage().rss;
      const time = process.cpuUsage();
      await refusedAtLoad({}, component, { code: 'LIMIT_EXCEEDED', says });
      expect(process.cpuUsage(time).user / 1000).toBeLessThan(TIME_MS);
      expect(process.memoryUsage().rss - memory).toBeLessThan(GROWTH_BYTES);
    });
  }

  test('for its locals is counted together with the others: a megabyte of them took seconds to check', async () => {
    // Text would be a hundred times as long as what it says: one group of 40,000 locals for each function.
    const body = sized([1], leb(40_000), [0x7f, 0x0b]);
    const functions = 100_000;
    const module = moduleOf(
      section(1, [[1, 0x60, 0, 0]]),
      section(3, [leb(functions), new Uint8Array(functions)]),
      listSection(10, Array<Uint8Array>(functions).fill(body)),
    );
    const component = concat([[0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00], section(1, [module])]);
    const time = process.cpuUsage();
    await refusedAtLoad({}, component, {
      code: 'LIMIT_EXCEEDED',
      says: /its functions declare too many local variables, the limit is 8000000/,
    });
    expect(process.cpuUsage(time).user / 1000).toBeLessThan(TIME_MS);
  });

  test('just not too costly is compiled within a second, in every mode', async () => {
    // 1000 locals and 480 loops: 8.2 of the 8.4 million units.
    const main = `(func $f (local ${many(1000)}) ${'(loop)'.repeat(480)})`;
    const sif = packAround(await parse(attackerSource({ main, attack: '(call $f)' })));
    for (const isolation of MODES) {
      await besieged({ isolation, limits: { deadlineMs: 30_000 } }, async ({ host }) => {
        const plugin = await host.load(sif);
        await plugin.callRaw(SCORE, PEACE);
        const time = process.cpuUsage();
        expect(await plugin.callRaw(SCORE, ATTACK)).toEqual(ATTACK);
        expect(process.cpuUsage(time).user / 1000).toBeLessThan(1000);
      });
    }
  });
});
