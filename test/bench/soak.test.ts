/** The soak with little work: everything ends as it must and nothing is left; and how growth is judged. */
import { describe, expect, test, vi } from 'vitest';
import { judgeGrowth, RESIDENT_BAND } from '../../bench/soak/growth.js';
import { createLottery } from '../../bench/soak/lottery.js';
import { readSoakOptions } from '../../bench/soak/options.js';
import type { JudgedPart } from '../../bench/soak/part.js';
import { runSoak } from './run-bench.js';

// Each starts processes and compilers, which others may keep waiting.
vi.setConfig({ testTimeout: 600_000 });

describe('npm run soak', () => {
  test('runs all parts, each of which ends by itself with nothing left', async () => {
    // Growth is judged by hours, not by seconds: it may say that this grew.
    const output = await runSoak(['--calls', '20000', '--instances', '200', '--minutes', '0.2', '--json']).catch(
      (error: { stdout: string }) => error.stdout,
    );
    const { results }: { results: JudgedPart[] } = JSON.parse(output);
    expect(results.map(({ part, unexpected, left, exitCode }) => ({ part, unexpected, left, exitCode }))).toEqual(
      ['calls', 'instances', 'crashing'].map((part) => ({ part, unexpected: [], left: [], exitCode: 0 })),
    );
    // Of one that had to be ended it is not known.
    expect(results.every(({ endedAfterMs }) => endedAfterMs !== undefined)).toBe(true);
    const [calls, instances, crashing] = results.map(({ outcomes }) => outcomes);
    expect(calls).toEqual({ answered: 20_000 });
    expect(instances).toEqual({ closed: 100, dropped: 100 });
    expect(Object.keys(crashing ?? {}).some((outcome) => outcome.startsWith('thread: '))).toBe(true);
  });
});

describe('judgeGrowth()', () => {
  const MIB = 1024 * 1024;
  const run = (at: (i: number) => number) =>
    judgeGrowth(
      Array.from({ length: 200 }, (_, i) => ({ seconds: i, bytes: at(i) * MIB })),
      RESIDENT_BAND,
    );
  const cases = [
    { name: 'level', at: () => 100, flat: true },
    { name: 'noise', at: (i: number) => 100 + ((i * 7919) % 11), flat: true },
    { name: 'warming up, then level', at: (i: number) => Math.min(100, 50 + 5 * i), flat: true },
    { name: 'growing all the time', at: (i: number) => 100 + i / 10, flat: false },
    {
      name: 'growing slowly, but for the whole second half',
      at: (i: number) => 100 + Math.max(0, i - 100) / 8,
      flat: false,
    },
    { name: 'a step between the second quarter and the end', at: (i: number) => (i < 99 ? 100 : 110), flat: false },
    { name: 'a step while it warms up', at: (i: number) => (i < 49 ? 100 : 130), flat: true },
    { name: 'a wave', at: (i: number) => 145 + 15 * Math.sin(i / 5), flat: true },
    { name: 'shrinking', at: (i: number) => 200 - i / 4, flat: true },
    { name: 'as much as the band', at: (i: number) => 100 + (i * 7.9) / 200, flat: true },
    { name: 'a large process, within five parts in a hundred', at: (i: number) => 1000 + i / 5, flat: true },
  ];
  for (const { name, at, flat } of cases) {
    test(`${name} is ${flat ? 'flat' : 'not flat'}`, () => {
      expect(run(at).flat).toBe(flat);
    });
  }
});

test('createLottery() draws by weight, and the same for the same seed', () => {
  const things = [
    { name: 'rare', weight: 1 },
    { name: 'never', weight: 0 },
    { name: 'often', weight: 9 },
  ];
  const [draw, again] = [createLottery(7, things), createLottery(7, things)];
  const counts = new Map<string, number>();
  for (let i = 0; i < 10_000; i++) {
    const { name } = draw();
    expect(again().name).toBe(name);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  expect(counts.get('never')).toBeUndefined();
  expect(counts.get('rare')).toBeGreaterThan(800);
  expect(counts.get('rare')).toBeLessThan(1200);
});

test('readSoakOptions() takes parts and amounts', () => {
  expect(readSoakOptions(['--part', 'crashing', '--minutes', '0.5', '--json'])).toEqual({
    parts: [{ part: 'crashing', amount: 0.5 }],
    output: 'json',
  });
  expect(readSoakOptions([]).parts.map(({ amount }) => amount)).toEqual([10_000_000, 100_000, 60]);
});
