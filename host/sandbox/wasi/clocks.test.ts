import { expect, test } from 'vitest';
import { createFakeGuest } from '../../../test/support/fake-guest.js';

test('wasi:clocks/wall-clock stores seconds and nanoseconds', () => {
  const guest = createFakeGuest();
  guest.call('wasi:clocks/wall-clock#now', 64);
  guest.call('wasi:clocks/wall-clock#resolution', 96);
  expect(guest.writes()).toEqual([
    '64: e8 03 00 00 00 00 00 00 00 65 cd 1d',
    '96: 00 00 00 00 00 00 00 00 e8 03 00 00',
  ]);
});

test('wasi:clocks/wall-clock traps for a result area that is not aligned to 8', () => {
  const guest = createFakeGuest();
  guest.call('wasi:clocks/wall-clock#now', 68);
  expect(guest.trace.at(-1)).toBe('now(68) !! GUEST_TRAP Cannot use result at 68: it must be aligned to 8 bytes');
  expect(guest.writes()).toEqual([]);
});

test('wasi:clocks/monotonic-clock returns what fits an i64', () => {
  expect(createFakeGuest().call('wasi:clocks/monotonic-clock#now')).toBe(5_000_000n);
  expect(createFakeGuest().call('wasi:clocks/monotonic-clock#resolution')).toBe(1_000n);
  const late = createFakeGuest({ monotonicNow: () => 2n ** 64n - 1n });
  expect(late.call('wasi:clocks/monotonic-clock#now')).toBe(-1n);
});

test('wasi:clocks/monotonic-clock subscribes to instants and durations', () => {
  const guest = createFakeGuest();
  guest.call('wasi:clocks/monotonic-clock#subscribe-instant', 5_000_000n);
  guest.call('wasi:clocks/monotonic-clock#subscribe-instant', 5_000_001n);
  guest.call('wasi:clocks/monotonic-clock#subscribe-duration', 0n);
  guest.call('wasi:clocks/monotonic-clock#subscribe-duration', -1n);
  const ready = [1, 2, 3, 4].map((handle) => guest.call('wasi:io/poll#[method]pollable.ready', handle));
  expect(ready).toEqual([1, 0, 1, 0]);
});
