import { describe, expect, test } from 'vitest';
import { createFakeGuest } from '../../../test/support/fake-guest.js';

for (const name of ['wasi:random/random#get-random-bytes', 'wasi:random/insecure#get-insecure-random-bytes']) {
  describe(name, () => {
    const [, func] = name.split('#');

    test('allocates, fills and stores the list', () => {
      const guest = createFakeGuest({}, 'detach');
      guest.call(name, 3n, 64);
      expect(guest.trace).toEqual(['realloc(0, 0, 1, 3) -> 32768', `${func}(3, 64)`]);
      expect(guest.writes()).toEqual(['64: 00 80 00 00 03 00 00 00', '32768: 01 02 03']);
    });

    const lengths = [
      { len: 0n, want: 'realloc(0, 0, 1, 0) -> 32768' },
      { len: 32_768n, want: 'realloc(0, 0, 1, 32768) -> 32768' },
      { len: 32_769n, want: 'realloc(0, 0, 1, 32769) -> 32768' },
    ];
    for (const { len, want } of lengths) {
      test(`asks the guest for ${len} bytes`, () => {
        const guest = createFakeGuest();
        guest.call(name, len, 64);
        expect(guest.trace[0]).toBe(want);
        expect(guest.trace[1]?.includes('GUEST_TRAP')).toBe(len > 32_768n);
      });
    }

    for (const len of [65_537n, -1n]) {
      test(`refuses ${len} bytes before the guest allocates`, () => {
        const guest = createFakeGuest();
        guest.call(name, len, 64);
        const count = BigInt.asUintN(64, len);
        expect(guest.trace).toEqual([
          `${func}(${len}, 64) !! LIMIT_EXCEEDED Cannot make ${count} random bytes at once: the limit is 65536`,
        ]);
      });
    }
  });
}

test('numbers and the seed come from the same bytes', () => {
  const guest = createFakeGuest();
  expect(guest.call('wasi:random/random#get-random-u64')).toBe(0x0807060504030201n);
  expect(guest.call('wasi:random/insecure#get-insecure-random-u64')).toBe(0x0807060504030201n);
  guest.call('wasi:random/insecure-seed#insecure-seed', 64);
  expect(guest.writes()).toEqual(['64: 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10']);
});

test('a source that gives too little is a bug of the host', () => {
  const guest = createFakeGuest({ random: () => new Uint8Array(1) });
  guest.call('wasi:random/random#get-random-u64');
  expect(guest.trace.at(-1)).toContain('HOST_BUG Cannot use the random source: asked for 8 bytes, got 1');
});
