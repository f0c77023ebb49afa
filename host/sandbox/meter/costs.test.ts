import { describe, expect, test } from 'vitest';
import { costOf, costOfEntry, costOfTargets, loadsOf, STRETCH } from './costs.js';
import { CONTRACT, CONTRACT_RETURN } from './flow.js';
import { operators } from './operators.js';

const cost = (name: string): number => costOf(operators().find((operator) => operator.name === name)!.code);

describe('an operator costs', () => {
  const cases = [
    { units: 0, names: 'nop block loop end else drop try_table catch_all unreachable' },
    {
      units: 1,
      names: 'local.get i32.const i32.add i64.mul f64.add if br br_if return global.set select ref.null i32.wrap_i64',
    },
    { units: 2, names: 'i32.load i64.store8' },
    { units: 3, names: 'v128.load i8x16.add i8x16.shuffle' },
    { units: 4, names: 'f64.floor i32.trunc_f64_s i64.trunc_sat_f32_u table.get memory.size' },
    { units: 8, names: 'i32.div_s i32.rem_u f32.sqrt f64.div call memory.fill i32.atomic.load' },
    { units: 12, names: 'call_indirect call_ref return_call_indirect' },
    { units: 16, names: 'i64.div_u i64.rem_s i64.atomic.rmw.add atomic.fence' },
    { units: 24, names: 'f64x2.div f32x4.sqrt' },
    { units: 64, names: 'table.set table.copy elem.drop data.drop ref.func' },
    { units: 2000, names: 'throw rethrow throw_ref memory.grow' },
    { units: STRETCH, names: 'table.grow struct.new array.copy' },
  ];
  for (const { units, names } of cases) {
    for (const name of names.split(' ')) {
      test(`${units}: ${name}`, () => {
        expect(cost(name)).toBe(units);
      });
    }
  }
});

test('loads are told from what does not wait for memory', () => {
  const loads = operators()
    .filter(({ code }) => loadsOf(code) === 1)
    .map(({ name }) => name);
  expect(loads).toEqual(
    expect.arrayContaining([
      'i32.load',
      'f64.load',
      'i64.load32_u',
      'v128.load64_lane',
      'i32.atomic.load',
      'i64.atomic.rmw8.cmpxchg_u',
    ]),
  );
  expect(loads.filter((name) => /store|const|get/.test(name))).toEqual([]);
});

test('no operator passes the bound by itself', () => {
  for (const { code } of operators()) {
    expect(costOf(code)).toBeLessThanOrEqual(STRETCH);
  }
});

test('calls and throws are too dear for who keeps the contract to make one without a check', () => {
  for (const name of ['throw', 'rethrow', 'throw_ref']) {
    expect(cost(name)).toBeGreaterThan(CONTRACT);
  }
  // A function that calls itself twice has room for the second call.
  expect(CONTRACT_RETURN).toBeGreaterThan(CONTRACT + cost('call'));
});

test('entering costs by the locals, a branch table by the logarithm of its targets', () => {
  expect([0, 15, 16, 50_000].map(costOfEntry)).toEqual([1, 1, 2, 3126]);
  expect([1, 2, 256, 65_520].map(costOfTargets)).toEqual([1, 2, 9, 16]);
});
