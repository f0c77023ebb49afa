import { describe, expect, test } from 'vitest';
import { createFakeGuest } from '../../../test/support/fake-guest.js';

const POLL = 'wasi:io/poll#poll';
const BLOCK = 'wasi:io/poll#[method]pollable.block';
const READY = 'wasi:io/poll#[method]pollable.ready';
const SUBSCRIBE = 'wasi:clocks/monotonic-clock#subscribe-duration';
const MS = 1_000_000n;

/** Handles: 1 stdout, 2 its pollable (always ready), then whatever the test subscribes. */
function guestWithStream(options = {}) {
  const guest = createFakeGuest(options);
  guest.call('wasi:cli/stdout#get-stdout');
  guest.call('wasi:io/streams#[method]output-stream.subscribe', 1);
  return guest;
}

const handles = (...numbers: number[]) => new Uint8Array(Uint32Array.from(numbers).buffer);

describe('wasi:io/poll', () => {
  test('poll returns the ready ones only, without waiting for the others', () => {
    const guest = guestWithStream();
    guest.call(SUBSCRIBE, 3_600_000n * MS);
    guest.call('wasi:clocks/monotonic-clock#subscribe-instant', 5_000_000n);
    guest.put(16, handles(3, 2, 4));
    guest.trace.length = 0;
    guest.call(POLL, 16, 3, 64);
    expect(guest.trace).toEqual(['realloc(0, 0, 4, 8) -> 32768', 'poll(16, 3, 64)']);
    expect(guest.writes()).toEqual(['64: 00 80 00 00 02 00 00 00', '32768: 01 00 00 00 02 00 00 00']);
  });

  test('poll waits for the earliest clock when nothing is ready', () => {
    const guest = guestWithStream();
    guest.call(SUBSCRIBE, 9n * MS);
    guest.call(SUBSCRIBE, 2n * MS);
    guest.put(16, handles(3, 4));
    guest.call(POLL, 16, 2, 64);
    expect(guest.trace).toContain('sleep 2 ms');
    // The guest's clock is pinned, and yet the wait counts.
    expect(guest.writes()).toEqual(['64: 00 80 00 00 01 00 00 00', '32768: 01 00 00 00']);
    expect([guest.call(READY, 3), guest.call(READY, 4)]).toEqual([0, 1]);
  });

  test('block returns at once for a stream, and after the time for a clock', () => {
    const guest = guestWithStream();
    guest.call(SUBSCRIBE, 1n);
    guest.call(BLOCK, 2);
    guest.call(BLOCK, 3);
    guest.call(BLOCK, 3);
    expect(guest.trace.slice(-4)).toEqual([
      '[method]pollable.block(2)',
      'sleep 1 ms',
      '[method]pollable.block(3)',
      '[method]pollable.block(3)',
    ]);
  });

  const waits = [
    { name: 'as long as it takes', ns: 3n * MS, want: 'sleep 3 ms' },
    { name: 'a part of a millisecond more', ns: 3n * MS + 1n, want: 'sleep 4 ms' },
    { name: 'the longest that there is', ns: -1n, want: 'sleep 18446744073710 ms' },
  ];
  for (const { name, ns, want } of waits) {
    test(`a wait blocks ${name}`, () => {
      const guest = guestWithStream();
      guest.call(SUBSCRIBE, ns);
      guest.trace.length = 0;
      guest.call(BLOCK, 3);
      expect(guest.trace).toEqual([want, '[method]pollable.block(3)']);
    });
  }

  const edges = [
    { name: 'an empty list', args: [16, 0, 64], want: 'GUEST_TRAP Cannot poll: the list of pollables is empty' },
    { name: 'a list above the limit', args: [16, 1025, 64], want: 'LIMIT_EXCEEDED Cannot poll 1025 pollables' },
    {
      name: 'a huge list before reading it',
      args: [16, -1, 64],
      want: 'LIMIT_EXCEEDED Cannot poll 4294967295 pollables',
    },
    { name: 'a list past the end', args: [0x1_0000 - 4, 2, 64], want: 'GUEST_TRAP Cannot use list at 65532' },
    { name: 'an unaligned list', args: [17, 1, 64], want: 'GUEST_TRAP Cannot use list at 17' },
    { name: 'a handle that is no pollable', args: [16, 2, 64], want: 'GUEST_TRAP Cannot use handle 1 as "pollable"' },
    { name: 'a result past the end', args: [16, 1, 0x1_0000 - 4], want: 'GUEST_TRAP Cannot use result at 65532' },
  ];
  for (const { name, args, want } of edges) {
    test(`poll refuses ${name}`, () => {
      const guest = guestWithStream();
      guest.put(16, handles(2, 1));
      guest.call(POLL, ...args);
      expect(guest.trace.at(-1)).toContain(`poll(${args.join(', ')}) !! ${want}`);
      expect(guest.writes()).toEqual([]);
    });
  }

  test('poll takes as many as the limit', () => {
    const guest = guestWithStream();
    guest.put(4096, handles(...new Array<number>(1024).fill(2)));
    guest.call(POLL, 4096, 1024, 64);
    expect(guest.trace.at(-2)).toBe('realloc(0, 0, 4, 4096) -> 32768');
  });
});

test('wasi:io/error has no error that a guest could hold', () => {
  const guest = guestWithStream();
  guest.call('wasi:io/error#[method]error.to-debug-string', 1, 64);
  guest.call('wasi:io/error#[method]error.to-debug-string', 7, 64);
  expect(guest.trace.slice(-2)).toEqual([
    '[method]error.to-debug-string(1, 64) !! GUEST_TRAP Cannot use handle 1 as "error": it is an output-stream',
    '[method]error.to-debug-string(7, 64) !! GUEST_TRAP Cannot use handle 7: it is not a live "error"',
  ]);
});
