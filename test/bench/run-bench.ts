/** Runs benchmarks and the soak as a user does, with as little work as they can do. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Run `bench/NAME.ts` quickly. @returns what it prints for `--json`. */
export async function runBench<T>(name: string): Promise<T> {
  return JSON.parse(await run(['scripts/bench.mjs', name, '--quick', '--rounds', '1', '--json'])) as T;
}

/** Run the soak with these options. @returns what it prints. */
export function runSoak(options: readonly string[]): Promise<string> {
  return run(['scripts/soak.mjs', ...options]);
}

async function run(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: MAX_OUTPUT });
  return stdout;
}

/** Whether each list has exactly one sample, and a number that time can be. */
export function oneSampleEach(samples: Readonly<Record<string, readonly number[]>>): boolean {
  return Object.values(samples).every(([first, ...more]) => first !== undefined && first > 0 && more.length === 0);
}
