import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allot } from './allot.js';

const demand = (minimum: number, maximum?: number, favoured = false) => ({ minimum, maximum, favoured });

describe('allot()', () => {
  const cases = [
    { name: 'gives everything to the only one', demands: [demand(1)], limit: 100, want: [100] },
    { name: 'stops at a maximum', demands: [demand(1, 10)], limit: 100, want: [10] },
    { name: 'accepts minima that fill the limit', demands: [demand(60), demand(40)], limit: 100, want: [60, 40] },
    { name: 'refuses minima one above it', demands: [demand(60), demand(41)], limit: 100, want: undefined },
    { name: 'gives most to the favoured', demands: [demand(0), demand(0, undefined, true)], limit: 80, want: [10, 70] },
    {
      name: 'passes on what one does not want',
      demands: [demand(1, 1), demand(1, undefined, true)],
      limit: 80,
      want: [1, 79],
    },
    {
      name: 'gives the others what the favoured leave',
      demands: [demand(0, 5, true), demand(0)],
      limit: 80,
      want: [5, 75],
    },
    { name: 'takes a maximum below the minimum for the minimum', demands: [demand(5, 1)], limit: 80, want: [5] },
    { name: 'divides nothing among nobody', demands: [], limit: 80, want: [] },
  ];
  for (const { name, demands, limit, want } of cases) {
    test(name, () => {
      expect(allot(demands, limit)).toEqual(want);
    });
  }

  test('never promises more than the limit, nor less than a minimum', () => {
    const size = fc.nat(1000);
    const any = fc.record({ minimum: size, maximum: fc.option(size, { nil: undefined }), favoured: fc.boolean() });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), fc.nat(20_000), (demands, limit) => {
        const maxima = allot(demands, limit);
        const minima = demands.reduce((sum, { minimum }) => sum + minimum, 0);
        if (maxima === undefined) {
          expect(minima).toBeGreaterThan(limit);
          return;
        }
        expect(maxima.reduce((sum, maximum) => sum + maximum, 0)).toBeLessThanOrEqual(limit);
        demands.forEach(({ minimum, maximum }, i) => {
          expect(maxima[i]).toBeGreaterThanOrEqual(minimum);
          expect(maxima[i]).toBeLessThanOrEqual(Math.max(minimum, maximum ?? limit));
        });
      }),
    );
  });
});
