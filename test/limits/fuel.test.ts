/** `limits.fuel`: work of one call, counted exactly and the same everywhere. */
import { test } from 'vitest';
import { attackInCall, MODES } from '../support/siege.js';

test.each(MODES)('a loop without end uses its fuel up, %s', (isolation) =>
  attackInCall(
    { isolation, limits: { fuel: 100_000 } },
    { attack: '(loop $again (br $again))' },
    { code: 'FUEL_EXHAUSTED', says: /it used up its 100000 units of fuel/ },
  ),
);
