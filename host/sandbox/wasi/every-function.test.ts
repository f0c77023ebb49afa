import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFakeGuest } from '../../../test/support/fake-guest.js';

/** Every function that is served, with its flattened parameters: `i` for i32, `l` for i64. */
const SERVED = {
  'wasi:cli/environment#get-arguments': 'i',
  'wasi:cli/environment#get-environment': 'i',
  'wasi:cli/environment#initial-cwd': 'i',
  'wasi:cli/exit#exit': 'i',
  'wasi:cli/exit#exit-with-code': 'i',
  'wasi:cli/stderr#get-stderr': '',
  'wasi:cli/stdin#get-stdin': '',
  'wasi:cli/stdout#get-stdout': '',
  'wasi:cli/terminal-stderr#get-terminal-stderr': 'i',
  'wasi:cli/terminal-stdin#get-terminal-stdin': 'i',
  'wasi:cli/terminal-stdout#get-terminal-stdout': 'i',
  'wasi:clocks/monotonic-clock#now': '',
  'wasi:clocks/monotonic-clock#resolution': '',
  'wasi:clocks/monotonic-clock#subscribe-duration': 'l',
  'wasi:clocks/monotonic-clock#subscribe-instant': 'l',
  'wasi:clocks/wall-clock#now': 'i',
  'wasi:clocks/wall-clock#resolution': 'i',
  'wasi:filesystem/preopens#get-directories': 'i',
  'wasi:filesystem/types#filesystem-error-code': 'ii',
  'wasi:io/error#[method]error.to-debug-string': 'ii',
  'wasi:io/poll#[method]pollable.block': 'i',
  'wasi:io/poll#[method]pollable.ready': 'i',
  'wasi:io/poll#poll': 'iii',
  'wasi:io/streams#[method]input-stream.blocking-read': 'ili',
  'wasi:io/streams#[method]input-stream.blocking-skip': 'ili',
  'wasi:io/streams#[method]input-stream.read': 'ili',
  'wasi:io/streams#[method]input-stream.skip': 'ili',
  'wasi:io/streams#[method]input-stream.subscribe': 'i',
  'wasi:io/streams#[method]output-stream.blocking-flush': 'ii',
  'wasi:io/streams#[method]output-stream.blocking-splice': 'iili',
  'wasi:io/streams#[method]output-stream.blocking-write-and-flush': 'iiii',
  'wasi:io/streams#[method]output-stream.blocking-write-zeroes-and-flush': 'ili',
  'wasi:io/streams#[method]output-stream.check-write': 'ii',
  'wasi:io/streams#[method]output-stream.flush': 'ii',
  'wasi:io/streams#[method]output-stream.splice': 'iili',
  'wasi:io/streams#[method]output-stream.subscribe': 'i',
  'wasi:io/streams#[method]output-stream.write': 'iiii',
  'wasi:io/streams#[method]output-stream.write-zeroes': 'ili',
  'wasi:random/insecure#get-insecure-random-bytes': 'li',
  'wasi:random/insecure#get-insecure-random-u64': '',
  'wasi:random/insecure-seed#insecure-seed': 'i',
  'wasi:random/random#get-random-bytes': 'li',
  'wasi:random/random#get-random-u64': '',
} as const;

const RESOURCES = ['input-stream', 'output-stream', 'pollable', 'error', 'descriptor', '__proto__'];

/** Small numbers are live handles and good pointers often enough; the rest is at the edges. */
const i32 = fc.oneof(fc.nat(8), fc.nat(0x1_0010), fc.integer());
const i64 = fc.oneof(fc.bigInt(0n, 5000n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));

const step = fc.oneof(
  ...Object.entries(SERVED).map(([name, params]) =>
    fc.tuple(fc.constant(name), fc.tuple(...[...params].map((kind) => (kind === 'i' ? i32 : i64)))),
  ),
  fc.tuple(
    fc.constantFrom(...RESOURCES).map((resource) => `drop ${resource}`),
    fc.tuple(i32),
  ),
);

test('any sequence of calls with any arguments returns, exits or fails with a code', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const guest = createFakeGuest({ maxHandles: 6, args: ['plugin'] });
      for (const [name, args] of steps) {
        // Anything but a PluginError or an exit is thrown on by the fake guest.
        if (name.startsWith('drop ')) {
          guest.drop(name.slice('drop '.length), Number(args[0]));
        } else {
          guest.call(name, ...args);
        }
      }
      guest.flush();
      expect(guest.trace.filter((line) => line.includes('HOST_BUG'))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

for (const [name, params] of Object.entries(SERVED)) {
  test(`${name} traps for a missing and for one more argument`, () => {
    const args = [...params].map((kind) => (kind === 'i' ? 1 : 1n));
    const guest = createFakeGuest();
    guest.call(name, ...args, 1);
    if (args.length > 0) {
      guest.call(name, ...args.slice(1));
    }
    expect(guest.trace.every((line) => line.includes('GUEST_TRAP Cannot call a WASI function'))).toBe(true);
    expect(guest.writes()).toEqual([]);
  });
}
