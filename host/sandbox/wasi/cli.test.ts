import { describe, expect, test } from 'vitest';
import type { ReallocMode } from '../../../test/support/fake-guest.js';
import { createFakeGuest, HEAP } from '../../../test/support/fake-guest.js';

const ENVIRONMENT = 'wasi:cli/environment#get-environment';
const ARGUMENTS = 'wasi:cli/environment#get-arguments';

describe('wasi:cli/environment', () => {
  test('shows nothing of the host by default', () => {
    const guest = createFakeGuest();
    guest.call(ENVIRONMENT, 64);
    guest.call(ARGUMENTS, 80);
    guest.call('wasi:cli/environment#initial-cwd', 96);
    expect(guest.trace).toEqual([
      'realloc(0, 0, 4, 0) -> 32768',
      'get-environment(64)',
      'realloc(0, 0, 4, 0) -> 32768',
      'get-arguments(80)',
      'initial-cwd(96)',
    ]);
    expect(guest.writes()).toEqual(['64: 00 80 00 00 00 00 00 00', '80: 00 80 00 00 00 00 00 00', '96: 00']);
  });

  for (const mode of ['normal', 'detach'] satisfies ReallocMode[]) {
    test(`shows what the options give, with an allocator of kind ${mode}`, () => {
      const guest = createFakeGuest(
        {
          env: new Map([
            ['LANG', 'ä'],
            ['EMPTY', ''],
          ]),
          args: ['plugin', '-v'],
        },
        mode,
      );
      guest.call(ENVIRONMENT, 64);
      guest.call(ARGUMENTS, 80);
      expect(guest.trace).toEqual([
        'realloc(0, 0, 4, 32) -> 32768',
        'realloc(0, 0, 1, 4) -> 32800',
        'realloc(0, 0, 1, 2) -> 32804',
        'realloc(0, 0, 1, 5) -> 32806',
        'realloc(0, 0, 1, 0) -> 32811',
        'get-environment(64)',
        'realloc(0, 0, 4, 16) -> 32812',
        'realloc(0, 0, 1, 6) -> 32828',
        'realloc(0, 0, 1, 2) -> 32834',
        'get-arguments(80)',
      ]);
      const texts = [0, 8, 16, 24].map((offset) => guest.text(HEAP + offset));
      expect(texts).toEqual(['LANG', 'ä', 'EMPTY', '']);
      expect([guest.text(32812), guest.text(32820)]).toEqual(['plugin', '-v']);
      expect(guest.memory.view().getUint32(68, true)).toBe(2);
      expect(guest.memory.view().getUint32(84, true)).toBe(2);
    });
  }

  const allocators = [
    { mode: 'past-the-end', want: 'GUEST_TRAP Cannot use allocation' },
    { mode: 'unaligned', want: 'GUEST_TRAP Cannot use allocation' },
  ] satisfies { mode: ReallocMode; want: string }[];
  for (const { mode, want } of allocators) {
    test(`traps for an allocator that answers ${mode}, and writes nothing`, () => {
      const guest = createFakeGuest({ args: ['plugin'] }, mode);
      guest.call(ARGUMENTS, 64);
      expect(guest.trace.at(-1)).toContain(`get-arguments(64) !! ${want}`);
      expect(guest.writes()).toEqual([]);
    });
  }
});

test('wasi:cli/terminal-* shows no terminal', () => {
  const guest = createFakeGuest();
  guest.call('wasi:cli/terminal-stdin#get-terminal-stdin', 64);
  guest.call('wasi:cli/terminal-stdout#get-terminal-stdout', 72);
  guest.call('wasi:cli/terminal-stderr#get-terminal-stderr', 80);
  expect(guest.writes()).toEqual(['64: 00', '72: 00', '80: 00']);
  guest.drop('terminal-output', 1);
  expect(guest.trace.at(-1)).toBe(
    'drop terminal-output(1) !! GUEST_TRAP Cannot use handle 1: it is not a live "terminal-output"',
  );
});

describe('wasi:cli/exit', () => {
  const exits = [
    { func: 'exit', status: 0, want: 'exit 0' },
    { func: 'exit', status: 1, want: 'exit 1' },
    { func: 'exit', status: 2, want: 'GUEST_TRAP Cannot exit: 2 is neither ok nor err' },
    { func: 'exit-with-code', status: 3, want: 'exit 3' },
    { func: 'exit-with-code', status: 256, want: 'exit 0' },
    { func: 'exit-with-code', status: -1, want: 'exit 255' },
  ];
  for (const { func, status, want } of exits) {
    test(`${func}(${status}) is ${want}`, () => {
      const guest = createFakeGuest();
      guest.call(`wasi:cli/exit#${func}`, status);
      expect(guest.trace).toEqual([`${func}(${status}) !! ${want}`]);
    });
  }
});

test('a guest that keeps its streams stops at the limit of handles', () => {
  const guest = createFakeGuest({ maxHandles: 2 });
  guest.call('wasi:cli/stdin#get-stdin');
  guest.call('wasi:cli/stdout#get-stdout');
  guest.call('wasi:cli/stderr#get-stderr');
  expect(guest.trace.at(-1)).toBe(
    'get-stderr() !! LIMIT_EXCEEDED Cannot make another output-stream: the limit is 2 handles',
  );
});
