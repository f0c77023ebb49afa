/** `limits.compileMs`: reading, checking and compiling one package. No code of it runs then. */
import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { attackerSource, besieged, failure, MODES, PEACE, packAround, refusedAtLoad } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

/** Far above what anything here takes, of the processor. */
const TIME_MS = 20_000;
const functions = (count: number): string => '(func nop nop nop nop nop nop nop nop nop nop)'.repeat(count);

describe.each(MODES)('a component that takes longer to compile, %s', (isolation) => {
  const verdict = { code: 'LIMIT_EXCEEDED', says: /Cannot load the component: compiling it takes longer than 1 ms/ };

  test('is refused', async () => {
    const component = parse(attackerSource({ main: functions(50_000) }));
    await refusedAtLoad({ isolation, limits: { compileMs: 1 } }, component, verdict);
  });

  test('by its number of modules is refused', async () => {
    const modules = Array.from({ length: 60 }, (_, i) => `(core module $m${i} ${functions(500)})`);
    const component = parse(attackerSource({ more: modules.join(' ') }));
    await refusedAtLoad({ isolation, limits: { compileMs: 1 } }, component, verdict);
  });

  test('is compiled all the same by whoever has the time, at once or later', async () => {
    const sif = packAround(await parse(attackerSource({ main: functions(30_000) })));
    await besieged({ isolation }, async ({ host }) => {
      const hurried = failure(host.load(sif, { limits: { compileMs: 1 } }));
      const patient = host.load(sif, { limits: { compileMs: 60_000 } });
      expect((await hurried).code).toBe('LIMIT_EXCEEDED');
      expect(await (await patient).callRaw(SCORE, PEACE)).toEqual(PEACE);
      const later = await host.load(sif, { limits: { compileMs: 60_000 } });
      expect(await later.callRaw(SCORE, PEACE)).toEqual(PEACE);
    });
  });
});

test.each(MODES)('the error names the limit, at whichever step the time runs out, %s', async (isolation) => {
  // Modules large enough to be compiled by V8's own threads.
  const modules = Array.from({ length: 6 }, (_, i) => `(core module $m${i} ${functions(25_000 + i)})`).join(' ');
  const sif = packAround(await parse(attackerSource({ more: modules })));
  await besieged({ isolation }, async ({ host }) => {
    for (let compileMs = 1; ; compileMs = Math.ceil(compileMs * 1.5)) {
      const outcome = await host.load(sif, { limits: { compileMs } }).catch((error: unknown) => error);
      if (!(outcome instanceof Error)) {
        return;
      }
      expect(outcome).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: `Cannot load the component: compiling it takes longer than ${compileMs} ms`,
        details: { limit: compileMs },
      });
    }
  });
});

/** What has little text and much behind it. Served or refused: it is over soon. */
describe('loading comes to an end', () => {
  const cases = [
    {
      name: 'for branch tables of sixty thousand targets, four hundred thousand in all',
      main: `(func ${`(block (block (br_table ${'0 1 '.repeat(30_000)} (i32.const 0)))) `.repeat(2)})`.repeat(4),
      limits: { functionKiB: 1024 },
    },
    { name: 'for blocks fifty thousand deep', main: `(func ${'block '.repeat(50_000)} ${'end '.repeat(50_000)})` },
    { name: 'for loops fifty thousand deep', main: `(func ${'loop '.repeat(50_000)} ${'end '.repeat(50_000)})` },
    {
      name: 'for handlers twenty thousand deep',
      main: `(func ${'try '.repeat(20_000)} ${'catch_all end '.repeat(20_000)})`,
    },
    { name: 'for as many functions as there may be', main: '(func)'.repeat(400_000) },
    { name: 'for very many types', main: '(type (func (param i32)))'.repeat(200_000) },
    {
      name: 'for calls that each function makes of all that follow',
      main: Array.from(
        { length: 300 },
        (_, i) => `(func $f${i} ${Array.from({ length: 300 - i - 1 }, (_, k) => `(call $f${i + k + 1})`).join('')})`,
      ).join(''),
    },
    {
      name: 'for a chain of a hundred thousand functions, each of which calls the next',
      main: Array.from({ length: 100_000 }, (_, i) => `(func $f${i} (call $f${(i + 1) % 100_000}))`).join(''),
    },
    {
      name: 'for a ring of large functions that call each other',
      main: Array.from(
        { length: 50 },
        (_, i) => `(func $f${i} ${`(call $f${(i + 1) % 50}) (call $f${(i + 7) % 50})`.repeat(2000)})`,
      ).join(''),
    },
    {
      name: 'for long names of everything',
      main: Array.from({ length: 300 }, (_, i) => `(func $${'n'.repeat(10_000)}${i})`).join(''),
    },
    { name: 'for very many data segments', main: '(data "x")'.repeat(90_000) },
    {
      name: 'for very many bulk operations of different segments',
      main: `${Array.from({ length: 900 }, (_, i) => `(data $d${i} "${'x'.repeat(70_000)}")`)
        .slice(0, 100)
        .join(
          '',
        )} (func ${Array.from({ length: 100 }, (_, i) => `(memory.init $d${i} (i32.const 0) (i32.const 0) (i32.const 70000))`).join('')})`,
    },
  ];
  for (const { name, main, limits } of cases) {
    test.each(MODES)(`${name}, %s`, async (isolation) => {
      const sif = packAround(await parse(attackerSource({ main })));
      await besieged({ isolation, limits: { ...limits, deadlineMs: 30_000 } }, async ({ host }) => {
        const time = process.cpuUsage();
        const outcome = await host.load(sif).then(
          (plugin) => plugin.callRaw(SCORE, PEACE),
          (error: unknown) => error,
        );
        expect(process.cpuUsage(time).user / 1000).toBeLessThan(TIME_MS);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ code: 'LIMIT_EXCEEDED' });
        } else {
          expect(outcome).toEqual(PEACE);
        }
      });
    });
  }
});
