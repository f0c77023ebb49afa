/** `limits.functionKiB`: the code of one function. */
import { parse } from '@bytecodealliance/jco';
import { test } from 'vitest';
import { attackerSource, MODES, refusedAtLoad } from '../support/siege.js';

test.each(MODES)('a function above the limit is refused, %s', async (isolation) => {
  const component = parse(attackerSource({ main: `(func ${'nop '.repeat(5000)})` }));
  await refusedAtLoad({ isolation, limits: { functionKiB: 4 } }, component, {
    code: 'LIMIT_EXCEEDED',
    says: /the limit is 4096/,
  });
});
