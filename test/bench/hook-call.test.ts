/** The benchmark runs, and every contender in it answers rightly: it checks that itself before it measures. */
import { expect, test, vi } from 'vitest';
import { oneSampleEach, runBench } from './run-bench.js';

// Each starts processes and compilers, which others may keep waiting.
vi.setConfig({ testTimeout: 600_000 });

interface Output {
  readonly results: readonly {
    readonly work: string;
    readonly bytes: number;
    readonly nanosecondsPerCall: Record<string, number[]>;
  }[];
}

test('npm run bench measures every contender at every size', async () => {
  const { results } = await runBench<Output>('hook-call');
  expect(results.map(({ work, bytes }) => `${work} ${bytes}`)).toEqual([
    'echo 64',
    'echo 1024',
    'echo 1048576',
    'relay 64',
    'relay 1024',
    'relay 1048576',
  ]);
  for (const { nanosecondsPerCall } of results) {
    expect(Object.keys(nanosecondsPerCall)).toHaveLength(14);
    expect(oneSampleEach(nanosecondsPerCall)).toBe(true);
  }
});
