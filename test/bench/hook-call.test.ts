/** The benchmark runs, and every contender in it answers rightly: it checks that itself before it measures. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('npm run bench measures every contender at every size', async () => {
  const args = ['scripts/bench.mjs', 'hook-call', '--quick', '--rounds', '1', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  const { results }: { results: { work: string; bytes: number; nanosecondsPerCall: Record<string, number[]> }[] } =
    JSON.parse(stdout);
  expect(results.map(({ work, bytes }) => `${work} ${bytes}`)).toEqual([
    'echo 64',
    'echo 1024',
    'echo 1048576',
    'relay 64',
    'relay 1024',
    'relay 1048576',
  ]);
  for (const { nanosecondsPerCall } of results) {
    const samples = Object.values(nanosecondsPerCall);
    expect(samples).toHaveLength(10);
    expect(samples.every(([first, ...more]) => first !== undefined && first > 0 && more.length === 0)).toBe(true);
  }
});
