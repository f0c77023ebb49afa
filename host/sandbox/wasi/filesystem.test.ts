import { expect, test } from 'vitest';
import { createFakeGuest } from '../../../test/support/fake-guest.js';

test('wasi:filesystem/preopens has no folders', () => {
  const guest = createFakeGuest();
  guest.call('wasi:filesystem/preopens#get-directories', 64);
  expect(guest.trace).toEqual(['realloc(0, 0, 4, 0) -> 32768', 'get-directories(64)']);
  expect(guest.writes()).toEqual(['64: 00 80 00 00 00 00 00 00']);
});

test('wasi:filesystem/types#filesystem-error-code traps: no stream fails, so there is no error to ask about', () => {
  const guest = createFakeGuest();
  guest.call('wasi:filesystem/types#filesystem-error-code', 1, 64);
  expect(guest.trace.at(-1)).toContain('GUEST_TRAP Cannot use handle 1: it is not a live "error"');
});
