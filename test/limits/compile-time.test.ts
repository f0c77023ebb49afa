/** `limits.compileMs`: reading, checking and compiling one package. */
import { parse } from '@bytecodealliance/jco';
import { test } from 'vitest';
import { attackerSource, MODES, refusedAtLoad } from '../support/siege.js';

test.each(MODES)('a component that takes longer to compile is refused, %s', async (isolation) => {
  const component = parse(attackerSource({ main: '(func nop nop nop nop nop nop nop nop nop nop)'.repeat(50_000) }));
  await refusedAtLoad({ isolation, limits: { compileMs: 1 } }, component, {
    code: 'LIMIT_EXCEEDED',
    says: /compiling it takes longer than 1 ms/,
  });
});
