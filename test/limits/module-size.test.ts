/** `limits.moduleMiB`: one core module of the component, whatever makes it large. */
import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { attackerSource, besieged, MODES, PEACE, packAround, refusedAtLoad } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const KIB = 1024;
const LIMIT = { moduleMiB: 16 / KIB };
const data = (bytes: number): string => `(data $d "${'x'.repeat(bytes)}")`;

describe.each(MODES)('a core module, %s', (isolation) => {
  const options = { isolation, limits: LIMIT };
  const verdict = { code: 'LIMIT_EXCEEDED', says: /Cannot load core module \d: it has \d+ bytes, the limit is 16384/ };
  const large = [
    { name: 'data', main: data(20_000) },
    { name: 'code', main: `(func ${'nop '.repeat(20_000)})` },
    { name: 'a custom section', main: `(@custom "notes" "${'x'.repeat(20_000)}")` },
    { name: 'names', main: `(func (export "${'n'.repeat(20_000)}"))` },
    { name: 'exports', main: Array.from({ length: 2000 }, (_, i) => `(func (export "function ${i}"))`).join('') },
    { name: 'types', main: '(type (func (param i32 i64 f32 f64 i32 i64 f32 f64)))'.repeat(2000) },
    { name: 'elements', main: `(func $f) (elem func ${'$f '.repeat(20_000)})` },
  ];
  for (const { name, main } of large) {
    test(`made large by its ${name} is refused`, () =>
      refusedAtLoad(options, parse(attackerSource({ main })), verdict));
  }

  test('that nothing instantiates counts too', () =>
    refusedAtLoad(options, parse(attackerSource({ more: `(core module ${data(20_000)})` })), verdict));

  test('may be as large as the limit, and there may be several', async () => {
    const component = await parse(
      attackerSource({ main: data(12_000), more: `(core module ${data(16_000)})`.repeat(4) }),
    );
    expect(component.byteLength).toBeGreaterThan(64 * KIB);
    await besieged(options, async ({ host }) => {
      const plugin = await host.load(packAround(component));
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
    });
  });
});

describe('what a small component can ask for', () => {
  const instances = (count: number): string => '(core instance (instantiate $m))'.repeat(count);
  const cases = [
    {
      name: 'many instances of many functions',
      more: `(core module $m ${'(func)'.repeat(5000)}) ${instances(200)}`,
      says: /its core instances have more than 500000 definitions/,
    },
    {
      name: 'many instances of many globals',
      more: `(core module $m ${'(global i32 (i32.const 0))'.repeat(5000)}) ${instances(200)}`,
      says: /its core instances have more than 500000 definitions/,
    },
    {
      name: 'many instances of a long element segment',
      more: `(core module $m (func $f) (elem func ${'$f '.repeat(10_000)})) ${instances(100)}`,
      says: /its core instances have more than 500000 definitions/,
    },
    {
      name: 'components inside of components, each twice as many as the one around it',
      more: Array.from(
        { length: 24 },
        (_, i) =>
          `(component $c${i} ${i === 0 ? '(core module $m (func)) (core instance (instantiate $m))' : `(alias outer 1 $c${i - 1} (component $in)) (instance (instantiate $in)) (instance (instantiate $in))`})`,
      )
        .concat('(instance (instantiate $c23))')
        .join(' '),
      says: /too many|limit/,
    },
  ];
  for (const { name, more, says } of cases) {
    test(`is bounded: ${name}`, async () => {
      const time = process.cpuUsage();
      const component = await parse(attackerSource({ more }));
      await refusedAtLoad({}, component, { code: 'LIMIT_EXCEEDED', says });
      expect(process.cpuUsage(time).user / 1000).toBeLessThan(10_000);
    });
  }
});
