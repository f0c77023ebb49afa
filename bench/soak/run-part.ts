import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HELD_BAND, judgeGrowth, RESIDENT_BAND, RESIDENT_BAND_WITH_THREADS } from './growth.js';
import type { JudgedPart, PartOptions, PartResult } from './part.js';

const MINUTE_MS = 60_000;
/** How long a process may take to end once it has nothing more to do. */
const END_MS = MINUTE_MS;

/** What a part that is given minutes may take beyond them: more, and a guest keeps its thread although its time is up. */
const GRACE_MS = 2 * MINUTE_MS;

/**
 * Left to itself glibc keeps an arena for each of V8's threads, and what was freed in it: over hours that grows by steps of tens of
 * megabytes, and hides what a test for growth looks for. These make it give memory back.
 */
const HONEST_ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: String(128 * 1024) };

/** Run one part in a process of its own, and see whether that ends by itself. */
export async function runPart(options: PartOptions): Promise<JudgedPart> {
  const program = fileURLToPath(new URL('./soak-part.mjs', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...HONEST_ALLOCATOR },
  });
  // A terminal's interrupt reaches it by itself, and makes it come to its end.
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  const wait = (): void => {};
  process.on('SIGTERM', stop);
  process.on('SIGINT', wait);
  let output = '';
  let toldAt: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const late =
    options.part === 'crashing'
      ? setTimeout(() => child.kill('SIGKILL'), options.amount * MINUTE_MS + GRACE_MS)
      : undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    toldAt ??= performance.now();
    timer ??= setTimeout(() => child.kill('SIGKILL'), END_MS);
  });
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, killedBy) => resolve({ code: exitCode, signal: killedBy }));
  });
  clearTimeout(timer);
  clearTimeout(late);
  process.off('SIGTERM', stop).off('SIGINT', wait);
  if (toldAt === undefined) {
    throw new Error(`The part ${options.part} ended with ${signal ?? code} and no result`);
  }
  const result: PartResult = JSON.parse(output);
  const amounts = (what: 'resident' | 'held') =>
    result.samples.map((sample) => ({ seconds: sample.seconds, bytes: sample[what] }));
  return {
    ...result,
    resident: judgeGrowth(
      amounts('resident'),
      options.part === 'crashing' ? RESIDENT_BAND_WITH_THREADS : RESIDENT_BAND,
    ),
    held: judgeGrowth(amounts('held'), HELD_BAND),
    endedAfterMs: signal === 'SIGKILL' ? undefined : performance.now() - toldAt,
    exitCode: code,
  };
}
