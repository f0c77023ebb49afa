/** `limits.moduleMiB`: one core module of the component. */
import { parse } from '@bytecodealliance/jco';
import { test } from 'vitest';
import { attackerSource, MODES, refusedAtLoad } from '../support/siege.js';

test.each(MODES)('a module above the limit is refused, %s', async (isolation) => {
  const component = parse(attackerSource({ main: `(data $d "${'x'.repeat(20_000)}")` }));
  const verdict = { code: 'LIMIT_EXCEEDED', says: /Cannot load core module \d: it has \d+ bytes, the limit is 16384/ };
  await refusedAtLoad({ isolation, limits: { moduleMiB: 16 / 1024 } }, component, verdict);
});
