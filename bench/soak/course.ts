import { formatBytes } from '../support/table.js';
import type { Course, Part, PartOptions, PartResult, RssSample } from './part.js';

/** Samples of the resident set in one run. */
const SAMPLES = 200;
/** The first of what should not have happened says enough. */
const MAX_UNEXPECTED = 20;
const REPORT_MS = 60_000;
/** Threads that were ended are gone a moment after that is told. */
const SETTLE_MS = 500;

/** Run one part, and watch over it. */
export async function runCourse(part: Part, options: PartOptions, stopped: () => boolean): Promise<PartResult> {
  const before = process.getActiveResourcesInfo();
  const outcomes = new Map<string, number>();
  const unexpected: string[] = [];
  const samples: RssSample[] = [];
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  let reported = start;

  function sample(done: number): void {
    globalThis.gc?.();
    const bytes = process.memoryUsage.rss();
    samples.push({ seconds: seconds(), bytes });
    if (performance.now() - reported > REPORT_MS) {
      reported = performance.now();
      process.stderr.write(`${options.part}: ${(100 * done).toFixed(0)} %, ${formatBytes(bytes)} resident\n`);
    }
  }

  const course: Course = {
    amount: options.amount,
    stopped,
    progress(done) {
      if (done * SAMPLES >= samples.length) {
        sample(done);
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
  sample(1);
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
