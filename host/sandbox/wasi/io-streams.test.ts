import { describe, expect, test } from 'vitest';
import { createFakeGuest } from '../../../test/support/fake-guest.js';

const STREAMS = 'wasi:io/streams#[method]';
const encoder = new TextEncoder();

describe('wasi:io/streams, input', () => {
  const ends = [
    { func: 'read', areaSize: 12, writes: ['64: 01', '68: 01'] },
    { func: 'blocking-read', areaSize: 12, writes: ['64: 01', '68: 01'] },
    { func: 'skip', areaSize: 16, writes: ['64: 01', '72: 01'] },
    { func: 'blocking-skip', areaSize: 16, writes: ['64: 01', '72: 01'] },
  ];
  for (const { func, areaSize, writes } of ends) {
    test(`${func} finds stdin closed, whatever length it asks for`, () => {
      const guest = createFakeGuest();
      guest.call('wasi:cli/stdin#get-stdin');
      guest.call(`${STREAMS}input-stream.${func}`, 1, -1n, 64);
      expect(guest.trace).toEqual(['get-stdin() -> 1', `[method]input-stream.${func}(1, -1, 64)`]);
      expect(guest.writes()).toEqual(writes);
    });

    test(`${func} traps for a result area that ends one byte too late`, () => {
      const guest = createFakeGuest();
      guest.call('wasi:cli/stdin#get-stdin');
      guest.call(`${STREAMS}input-stream.${func}`, 1, 1n, 0x1_0000 - areaSize);
      guest.put(0, []);
      guest.call(`${STREAMS}input-stream.${func}`, 1, 1n, 0x1_0000 - areaSize + 8);
      expect(guest.trace.at(-2)).toBe(`[method]input-stream.${func}(1, 1, ${0x1_0000 - areaSize})`);
      expect(guest.trace.at(-1)).toContain('!! GUEST_TRAP Cannot use result');
      expect(guest.writes()).toEqual([]);
    });
  }
});

describe('wasi:io/streams, output', () => {
  test('a line goes out when it ends, and half a line with the end of the call', () => {
    const guest = createFakeGuest();
    guest.put(16, encoder.encode('one\ntwo'));
    guest.call('wasi:cli/stdout#get-stdout');
    guest.call(`${STREAMS}output-stream.check-write`, 1, 128);
    guest.call(`${STREAMS}output-stream.write`, 1, 16, 7, 64);
    guest.call(`${STREAMS}output-stream.blocking-flush`, 1, 80);
    guest.drop('output-stream', 1);
    guest.flush();
    guest.flush();
    expect(guest.trace).toEqual([
      'get-stdout() -> 1',
      '[method]output-stream.check-write(1, 128)',
      'stdout: one',
      '[method]output-stream.write(1, 16, 7, 64)',
      '[method]output-stream.blocking-flush(1, 80)',
      'drop output-stream(1)',
      'stdout: two',
    ]);
    expect(guest.writes()).toEqual(['64: 00', '80: 00', '128: 00', '136: 00 10 00 00 00 00 00 00']);
  });

  test('stdout and stderr do not mix, and two handles of one stream share its line', () => {
    const guest = createFakeGuest();
    guest.put(16, encoder.encode('ab\n'));
    guest.call('wasi:cli/stdout#get-stdout');
    guest.call('wasi:cli/stderr#get-stderr');
    guest.call('wasi:cli/stdout#get-stdout');
    guest.trace.length = 0;
    guest.call(`${STREAMS}output-stream.blocking-write-and-flush`, 1, 16, 1, 64);
    guest.call(`${STREAMS}output-stream.blocking-write-and-flush`, 2, 17, 2, 64);
    guest.call(`${STREAMS}output-stream.blocking-write-and-flush`, 3, 17, 2, 64);
    expect(guest.trace.filter((line) => line.startsWith('std'))).toEqual(['stderr: b', 'stdout: ab']);
  });

  test('write-zeroes writes zero bytes', () => {
    const guest = createFakeGuest();
    guest.call('wasi:cli/stdout#get-stdout');
    guest.call(`${STREAMS}output-stream.write-zeroes`, 1, 3n, 64);
    guest.call(`${STREAMS}output-stream.blocking-write-zeroes-and-flush`, 1, 1n, 64);
    guest.flush();
    expect(guest.trace.at(-1)).toBe('stdout: \0\0\0\0');
  });

  test('splice finds its source closed', () => {
    const guest = createFakeGuest();
    guest.call('wasi:cli/stdout#get-stdout');
    guest.call('wasi:cli/stdin#get-stdin');
    guest.call(`${STREAMS}output-stream.splice`, 1, 2, 9n, 64);
    expect(guest.writes()).toEqual(['64: 01', '72: 01']);
  });

  const edges = [
    { name: 'takes 4096 bytes', args: [1, 4096, 4096, 64], want: 'ok' },
    { name: 'refuses 4097 bytes', args: [1, 4096, 4097, 64], want: 'GUEST_TRAP Cannot write 4097 bytes at once' },
    { name: 'refuses 4 GiB', args: [1, 4096, -1, 64], want: 'GUEST_TRAP Cannot write 4294967295 bytes at once' },
    { name: 'takes nothing at the end of the memory', args: [1, 0x1_0000, 0, 64], want: 'ok' },
    { name: 'refuses one byte after the end', args: [1, 0x1_0000, 1, 64], want: 'GUEST_TRAP Cannot use list at 65536' },
    {
      name: 'refuses a list that wraps around',
      args: [1, -4, 8, 64],
      want: 'GUEST_TRAP Cannot use list at 4294967292',
    },
    { name: 'refuses an unaligned result', args: [1, 16, 1, 66], want: 'GUEST_TRAP Cannot use result at 66' },
    { name: 'refuses a stale handle', args: [2, 16, 1, 64], want: 'GUEST_TRAP Cannot use handle 2' },
    {
      name: 'refuses an input stream',
      args: [3, 16, 1, 64],
      want: 'GUEST_TRAP Cannot use handle 3 as "output-stream"',
    },
    {
      name: 'refuses a missing argument',
      args: [1, 16, 1],
      want: 'GUEST_TRAP Cannot call a WASI function: it takes 4',
    },
    {
      name: 'refuses an i64 for an i32',
      args: [1, 16n, 1, 64],
      want: 'GUEST_TRAP Cannot call a WASI function: it takes an i32',
    },
  ];
  for (const { name, args, want } of edges) {
    test(`write ${name}`, () => {
      const guest = createFakeGuest();
      guest.call('wasi:cli/stdout#get-stdout');
      guest.call('wasi:cli/stdout#get-stdout');
      guest.call('wasi:cli/stdin#get-stdin');
      guest.drop('output-stream', 2);
      guest.call(`${STREAMS}output-stream.write`, ...args);
      const call = `[method]output-stream.write(${args.join(', ')})`;
      if (want === 'ok') {
        expect(guest.trace.at(-1)).toBe(call);
        expect(guest.writes()).toEqual(['64: 00']);
      } else {
        expect(guest.trace.at(-1)).toContain(`${call} !! ${want}`);
        expect(guest.writes()).toEqual([]);
      }
    });
  }

  test('a long line is cut at the limit of the options', () => {
    const guest = createFakeGuest({ maxLineBytes: 4 });
    guest.put(16, encoder.encode('abcdef\n'));
    guest.call('wasi:cli/stdout#get-stdout');
    guest.call(`${STREAMS}output-stream.write`, 1, 16, 7, 64);
    expect(guest.trace.slice(1, 3)).toEqual(['stdout: abcd', 'stdout: ef']);
  });
});
