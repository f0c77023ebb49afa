/**
 * Does a pool of threads make use of more than one processor?
 *
 *   npm run bench:concurrency [-- --rounds N] [--quick] [--json | --markdown]
 *
 * Calls that only compute (SHA-256 over 128 KiB, some milliseconds each), so many at once: inline, and in pools of one and two threads
 * with a queue in front. What is told is calls in a second, how long a call waits and runs, and for how long at most nothing else ran
 * in this thread.
 */
import { createHost, type Plugin } from '../host/index.js';
import { BURN, buildCompiledBurn, burnRequest } from './support/burn.js';
import { packGuest } from './support/guests.js';
import { interleave } from './support/interleave.js';
import { readOptions } from './support/options.js';
import { watchPauses } from './support/pauses.js';
import { formatReport } from './support/report.js';
import { median, percentile, ratio } from './support/statistics.js';
import { formatRatio, formatTime } from './support/table.js';
import { type Verdict, verdictRows } from './support/verdict.js';

const INLINE = 'inline';
const ONE = 'pool of 1 thread';
const TWO = 'pool of 2 threads';
/** Two processors, less what the thread that hands out the work takes of them. */
const AT_LEAST = 1.7;
const WARM_UP_ROUNDS = 2;
const CALLS = 200;
const QUICK_CALLS = 4;
/** Calls that are made before the first one is answered; what no thread takes is queued. */
const AT_ONCE = 8;
const ROUNDS_OF_WORK = 4;

interface Contender {
  readonly name: string;
  readonly plugin: Plugin;
  /** Nanoseconds from the order to the answer, of every call. */
  readonly latencies: number[];
  /** Longest pause of the event loop in each sample, in nanoseconds. */
  readonly pauses: number[];
}

const options = readOptions('Calls that compute, many at once: inline, and in pools of threads.', {
  rounds: 15,
  quickRounds: 1,
});
const count = options.quick ? QUICK_CALLS : CALLS;
const host = await createHost();
const packed = packGuest(await buildCompiledBurn());
const contenders: Contender[] = [];
for (const [name, run] of [
  [INLINE, {}],
  [ONE, { isolation: 'thread', pool: { size: 1 } }],
  [TWO, { isolation: 'thread', pool: { size: 2 } }],
] as const) {
  contenders.push({ name, plugin: await host.load(packed, run), latencies: [], pauses: [] });
}
const expected = await contenders[0]!.plugin.callRaw(BURN, burnRequest(ROUNDS_OF_WORK));
const entries = contenders.map((contender) => ({ name: contender.name, sample: () => sample(contender) }));
await interleave(entries, options.quick ? 0 : WARM_UP_ROUNDS);
for (const contender of contenders) {
  contender.latencies.length = 0;
  contender.pauses.length = 0;
}
const samples = await interleave(entries, options.rounds);
await host.close();
process.stdout.write(report());

/** @returns calls in a second. */
async function sample({ plugin, latencies, pauses }: Contender): Promise<number> {
  const request = burnRequest(ROUNDS_OF_WORK);
  let left = count;
  async function keepCalling(): Promise<void> {
    while (left-- > 0) {
      const asked = process.hrtime.bigint();
      const answer = await plugin.callRaw(BURN, request);
      latencies.push(Number(process.hrtime.bigint() - asked));
      if (Buffer.compare(answer, expected) !== 0) {
        throw new Error('The checksums differ');
      }
    }
  }
  const stopWatching = watchPauses();
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: AT_ONCE }, keepCalling));
  const elapsed = Number(process.hrtime.bigint() - start);
  pauses.push(stopWatching());
  return (count / elapsed) * 1e9;
}

function report(): string {
  const of = (name: string): readonly number[] => samples.get(name) ?? [];
  const rows = [
    ['', 'calls in a second', 'ratio', 'a call, median', '99 %', 'longest pause of the event loop'],
    ...contenders.map(({ name, latencies, pauses }) => [
      name,
      median(of(name)).toFixed(0),
      formatRatio(ratio(of(name), of(ONE))),
      formatTime(median(latencies)),
      formatTime(percentile(latencies, 0.99)),
      formatTime(median(pauses)),
    ]),
  ];
  const verdicts: Verdict[] = [
    { what: `calls in a second: ${TWO} / ${ONE}`, measured: ratio(of(TWO), of(ONE)), atLeast: AT_LEAST },
  ];
  return formatReport(options, {
    note: `${count} calls a sample, ${AT_ONCE} at once; ratios to the ${ONE} of the same round`,
    tables: [rows, verdictRows(verdicts)],
    samples: {
      results: contenders.map(({ name, latencies, pauses }) => ({
        contender: name,
        callsPerSecond: of(name),
        medianNanoseconds: median(latencies),
        p99Nanoseconds: percentile(latencies, 0.99),
        pauseNanoseconds: pauses,
      })),
    },
  });
}
