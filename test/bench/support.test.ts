import { describe, expect, test } from 'vitest';
import { interleave } from '../../bench/support/interleave.js';
import { messageOf } from '../../bench/support/message.js';
import { geometricMean, median, percentile, ratio, slope, summarize } from '../../bench/support/statistics.js';
import {
  formatBytes,
  formatFraction,
  formatMarkdown,
  formatRatio,
  formatTable,
  formatTime,
} from '../../bench/support/table.js';
import { verdictRows } from '../../bench/support/verdict.js';

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

describe('percentile()', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  const cases = [
    { name: 'leaves out one of a hundred', values: hundred, share: 0.99, want: 99 },
    { name: 'is the greatest value for all of them', values: hundred, share: 1, want: 100 },
    { name: 'is the greatest value of few', values: [3, 1, 2], share: 0.99, want: 3 },
    { name: 'of none', values: [], share: 0.5, want: Number.NaN },
  ];
  for (const { name, values, share, want } of cases) {
    test(name, () => {
      expect(percentile(values, share)).toBe(want);
    });
  }
});

test('geometricMean() lets doubling and halving cancel out', () => {
  expect(geometricMean([2, 0.5, 1])).toBeCloseTo(1, 12);
  expect(geometricMean([1, 4])).toBeCloseTo(2, 12);
  expect(geometricMean([])).toBeNaN();
});

describe('slope()', () => {
  const cases = [
    { name: 'of a line', points: [1, 2, 3, 4].map((x) => ({ x, y: 5 + 3 * x })), want: 3 },
    { name: 'of level noise', points: [1, 2, 3, 4].map((x) => ({ x, y: x === 2 || x === 3 ? 7 : 5 })), want: 0 },
    { name: 'of one point', points: [{ x: 1, y: 9 }], want: 0 },
  ];
  for (const { name, points, want } of cases) {
    test(name, () => {
      expect(slope(points)).toBeCloseTo(want, 12);
    });
  }
});

test('verdictRows() says of each target whether it was met, and of none that was not measured', () => {
  const verdicts = [
    { what: 'on the edge', measured: 1.3, atMost: 1.3 },
    { what: 'above', measured: 1.31, atMost: 1.3 },
    { what: 'a fraction', measured: 1 / 12, atMost: 1 / 8 },
    { what: 'fast enough', measured: 60, atLeast: 50, format: (value: number) => `${value} MB/s` },
    { what: 'too slow', measured: 49, atLeast: 50, format: (value: number) => `${value} MB/s` },
    { what: 'not measured', measured: Number.NaN, atMost: 1.3 },
  ];
  expect(verdictRows(verdicts).map((row) => row.join(' | '))).toEqual([
    'target | measured | wanted | ',
    'on the edge | 1.30x | at most 1.30x | met',
    'above | 1.31x | at most 1.30x | MISSED',
    'a fraction | 1/12 | at most 1/8 | met',
    'fast enough | 60 MB/s | at least 50 MB/s | met',
    'too slow | 49 MB/s | at least 50 MB/s | MISSED',
    'not measured | NaNx | at most 1.30x | MISSED',
  ]);
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

  test('formatBytes() takes the unit that reads best', () => {
    expect([0, 812 * 1024, 7.04 * 1024 ** 2, 41 * 1024 ** 2, -3 * 1024 ** 2].map(formatBytes)).toEqual([
      '0 KiB',
      '812 KiB',
      '7.0 MiB',
      '41 MiB',
      '-3.0 MiB',
    ]);
  });

  test('formatFraction() turns small ratios round', () => {
    expect([0.1, 0.12, 0.6, 4].map(formatFraction)).toEqual(['1/10', '1/8.3', '0.60x', '4.00x']);
  });

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
