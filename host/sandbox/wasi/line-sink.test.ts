import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSink } from './line-sink.js';

const encoder = new TextEncoder();

function linesOf(maxLineBytes: number, writes: readonly (string | readonly number[])[]): string[] {
  const lines: string[] = [];
  const sink = createLineSink((line) => lines.push(line), maxLineBytes);
  for (const write of writes) {
    sink.write(typeof write === 'string' ? encoder.encode(write) : Uint8Array.from(write));
  }
  lines.push('|');
  sink.flush();
  return lines;
}

// What stands after '|' only came out with the flush.
const cases = [
  { name: 'sends nothing when nothing was written', writes: [''], want: ['|'] },
  { name: 'sends a whole line at once', writes: ['a\n'], want: ['a', '|'] },
  { name: 'keeps half a line until the flush', writes: ['a\nb'], want: ['a', '|', 'b'] },
  { name: 'joins a line from several writes', writes: ['a', 'b', 'c\n'], want: ['abc', '|'] },
  { name: 'sends empty lines', writes: ['\n\n'], want: ['', '', '|'] },
  { name: 'takes a carriage return off the end only', writes: ['a\rb\r\n'], want: ['a\rb', '|'] },
  { name: 'joins a character from two writes', writes: [[0xc3], [0xa4, 0x0a]], want: ['ä', '|'] },
  { name: 'replaces bytes that are no UTF-8', writes: [[0xff, 0x61, 0x0a]], want: ['\ufffda', '|'] },
  { name: 'keeps a byte order mark', writes: ['\ufeffa\n'], want: ['\ufeffa', '|'] },
  { name: 'sends a line of exactly the limit whole', writes: ['12345678\n'], want: ['12345678', '|'] },
  { name: 'cuts a line one byte above the limit', writes: ['123456789\n'], want: ['12345678', '9', '|'] },
  { name: 'cuts before a character that does not fit', writes: ['1234567ä\n'], want: ['1234567', 'ä', '|'] },
  { name: 'cuts after a character that just fits', writes: ['123456äx\n'], want: ['123456ä', 'x', '|'] },
  {
    name: 'cuts bytes that never start a character',
    writes: [new Array(9).fill(0x80)],
    want: ['\ufffd'.repeat(8), '|', '\ufffd'],
  },
];

describe('createLineSink()', () => {
  for (const { name, writes, want } of cases) {
    test(name, () => {
      expect(linesOf(8, writes)).toEqual(want);
    });
  }

  test('loses nothing, however text is split into writes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 20 })),
        fc.integer({ min: 4, max: 40 }),
        (parts, max) => {
          const text = parts.join('').replaceAll('\r', '');
          const lines: string[] = [];
          const sink = createLineSink((line) => lines.push(line), max);
          for (const byte of encoder.encode(text)) {
            sink.write(Uint8Array.of(byte));
          }
          sink.flush();
          expect(lines.join('')).toBe(text.replaceAll('\n', ''));
          expect(lines.every((line) => encoder.encode(line).byteLength <= max)).toBe(true);
        },
      ),
    );
  });

  test('gives the same lines for any split of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, split) => {
        const whole = linesOf(16, [[...bytes]]);
        const parts = linesOf(16, [[...bytes.subarray(0, split)], [...bytes.subarray(split)]]);
        // Only where the last line was cut can differ: it is cut when the byte after it is known.
        expect(parts.filter((line) => line !== '|')).toEqual(whole.filter((line) => line !== '|'));
      }),
    );
  });

  test('holds no line twice when the receiver throws', () => {
    const lines: string[] = [];
    const sink = createLineSink((line) => {
      lines.push(line);
      throw new Error('full');
    }, 8);
    expect(() => sink.write(encoder.encode('a\n'))).toThrow('full');
    sink.flush();
    expect(lines).toEqual(['a']);
  });
});
