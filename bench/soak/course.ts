import { formatBytes } from '../support/table.js';
import type { Course, MemorySample, Part, PartOptions, PartResult } from './part.js';

/** Samples of memory in one run. */
const SAMPLES = 200;
/** The first of what should not have happened says enough. */
const MAX_UNEXPECTED = 20;
const REPORT_MS = 60_000;
/** Threads that were ended are gone a moment after that is told. */
const SETTLE_MS = 500;
const COLLECTIONS = 2;
const FREEING_MS = 5;

/** Run one part, and watch over it. */
export async function runCourse(part: Part, options: PartOptions, stopped: () => boolean): Promise<PartResult> {
  const before = process.getActiveResourcesInfo();
  const outcomes = new Map<string, number>();
  const unexpected: string[] = [];
  const samples: MemorySample[] = [];
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let reported = start;
  let sampling = false;
  /** Of the resident set, since the last sample: threads come and go, and what they have while they are there is not what grows. */
  let lowest = Number.POSITIVE_INFINITY;

  async function sample(done: number): Promise<void> {
    // Memory is given back late: V8 frees what buffers had on another thread, after the collection.
    for (let i = 0; i < COLLECTIONS; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, FREEING_MS));
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    samples.push({ seconds: seconds(), resident: Math.min(lowest, rss), held: heapUsed + external });
    lowest = Number.POSITIVE_INFINITY;
    if (performance.now() - reported > REPORT_MS) {
      reported = performance.now();
      process.stderr.write(`${options.part}: ${(100 * done).toFixed(0)} %, ${formatBytes(rss)} resident\n`);
    }
  }

  const course: Course = {
    amount: options.amount,
    stopped,
    async progress(done) {
      lowest = Math.min(lowest, process.memoryUsage.rss());
      if (!sampling && done * SAMPLES >= samples.length) {
        sampling = true;
        await sample(done);
        sampling = false;
      }
    },
    count(outcome, times = 1) {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + times);
    },
    fail(what) {
      outcomes.set('UNEXPECTED', (outcomes.get('UNEXPECTED') ?? 0) + 1);
      if (unexpected.length < MAX_UNEXPECTED) {
        unexpected.push(what);
      }
    },
  };
  await part(course);
  const took = seconds();
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  await sample(1);
  return {
    ...options,
    seconds: took,
    outcomes: Object.fromEntries(outcomes),
    unexpected,
    samples,
    left: without(process.getActiveResourcesInfo(), before),
  };
}

/** What is in `after` more often than in `before`. */
function without(after: readonly string[], before: readonly string[]): string[] {
  const known = [...before];
  return after.filter((kind) => {
    const at = known.indexOf(kind);
    if (at >= 0) {
      known.splice(at, 1);
    }
    return at < 0;
  });
}
