/**
 * Starts command lines in turn and times them from start to end, as a process of its own: it runs where podman and crun can, in a
 * mount namespace of theirs, and what it takes to get there is in no sample.
 *
 * argv: podman with its options. stdin: a `StartOrder`. stdout: `StartSamples`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Start, StartOrder } from '../container/order.js';
import { interleave } from '../support/interleave.js';

const PODMAN = process.argv.slice(2);
const { starts, warmUpRounds, rounds } = JSON.parse(readFileSync(0, 'utf8')) as StartOrder;

const entries = starts.map((start) => ({ name: start.name, sample: async () => time(start) }));
await interleave(entries, warmUpRounds);
process.stdout.write(JSON.stringify(Object.fromEntries(await interleave(entries, rounds))));

/** @returns nanoseconds. */
function time({ name, words, prints = false }: Start): number {
  const [file = '', ...args] = words[0] === 'podman' ? [...PODMAN, ...words.slice(1)] : words;
  const start = process.hrtime.bigint();
  const { status, error, stdout, stderr } = spawnSync(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const elapsed = Number(process.hrtime.bigint() - start);
  if (status !== 0) {
    throw new Error(`${name}: ${words.join(' ')} ended with ${status}: ${stdout}${stderr}`, { cause: error });
  }
  return prints ? Number(stdout) * 1e6 : elapsed;
}
