import { describe, expect, test } from 'vitest';
import { interleave } from '../../bench/support/interleave.js';
import { messageOf } from '../../bench/support/message.js';
import { median, ratio, summarize } from '../../bench/support/statistics.js';
import { formatMarkdown, formatRatio, formatTable, formatTime } from '../../bench/support/table.js';

describe('statistics', () => {
  const medians = [
    { name: 'of one', values: [3], want: 3 },
    { name: 'of an odd number, unsorted', values: [9, 1, 4], want: 4 },
    { name: 'of an even number', values: [4, 1, 2, 9], want: 3 },
    { name: 'of numbers that sort wrongly as text', values: [10, 9, 100], want: 10 },
    { name: 'of none', values: [], want: Number.NaN },
  ];
  for (const { name, values, want } of medians) {
    test(`median() ${name}`, () => {
      expect(median(values)).toBe(want);
    });
  }

  test('ratio() is taken within each round, so that a slow machine in one of them does not count', () => {
    expect(ratio([20, 2000, 22], [10, 1000, 11])).toBe(2);
  });

  test('summarize() gives the baseline a ratio of 1 and leaves its samples as they are', () => {
    const samples = new Map([
      ['base', [3, 1, 2]],
      ['other', [9, 3, 6]],
    ]);
    expect([...summarize(samples, 'base')]).toEqual([
      ['base', { value: 2, ratio: 1 }],
      ['other', { value: 6, ratio: 3 }],
    ]);
    expect(samples.get('base')).toEqual([3, 1, 2]);
  });
});

describe('interleave', () => {
  test('takes turns, starts each round with another one, and keeps samples apart', async () => {
    const trace: string[] = [];
    const entry = (name: string) => ({ name, sample: async () => trace.push(name) });
    const samples = await interleave(['a', 'b', 'c'].map(entry), 3);
    expect(trace.join('')).toBe('abcbcacab');
    expect([...samples]).toEqual([
      ['a', [1, 6, 8]],
      ['b', [2, 4, 9]],
      ['c', [3, 5, 7]],
    ]);
  });
});

describe('tables', () => {
  const rows = [['', 'time', 'ratio'], ['heading'], ['short', '1 us', '1.00x'], ['a longer name', '12 us', '12x']];

  test('as text: columns line up, headings stand alone', () => {
    expect(formatTable(rows)).toBe(
      [
        '                time  ratio',
        '',
        'heading',
        'short           1 us  1.00x',
        'a longer name  12 us    12x',
        '',
      ].join('\n'),
    );
  });

  test('as Markdown: every row has all columns', () => {
    expect(formatMarkdown(rows)).toBe(
      [
        '|  | time | ratio |',
        '| --- | ---: | ---: |',
        '| **heading** |  |  |',
        '| short | 1 us | 1.00x |',
        '| a longer name | 12 us | 12x |',
        '',
      ].join('\n'),
    );
  });

  const times = [
    { ns: 62, want: '0.062 us' },
    { ns: 1234, want: '1.23 us' },
    { ns: 56_780, want: '56.8 us' },
    { ns: 999_400, want: '999 us' },
    { ns: 1_250_000, want: '1.25 ms' },
  ];
  for (const { ns, want } of times) {
    test(`formatTime(${ns}) is ${want}`, () => {
      expect(formatTime(ns)).toBe(want);
    });
  }

  test('formatRatio() drops digits that mean nothing', () => {
    expect([0.084, 1.209, 9.99, 36.6].map(formatRatio)).toEqual(['0.08x', '1.21x', '9.99x', '37x']);
  });
});

describe('messageOf', () => {
  for (const size of [64, 1024, 1 << 20]) {
    test(`makes a message of exactly ${size} bytes`, () => {
      expect(messageOf(size).bytes.byteLength).toBe(size);
    });
  }

  test('refuses a size at which the length of the data jumps', () => {
    expect(() => messageOf(8 + 255 + 1)).toThrow(RangeError);
  });
});
