/**
 * What does one call of a plugin cost, beside calling its WebAssembly directly and beside other ways to call one?
 *
 *   npm run bench [-- --rounds N] [--quick] [--json | --markdown]
 *
 * One guest, one message, two kinds of work: `echo` answers by itself, `relay` makes one capability call. docs/benchmarks.md says
 * how to read the table.
 */
import { BARE_CORE, bareCore, bareCoreAsync } from './contenders/bare-core.js';
import type { Call, Contender, Session, Task, Work } from './contenders/contender.js';
import { extismInline, extismWorker } from './contenders/extism.js';
import { jco } from './contenders/jco.js';
import {
  oursFresh,
  oursFuel,
  oursPool,
  oursRaw,
  oursRawSync,
  oursSandbox,
  oursThread,
  oursTyped,
} from './contenders/ours.js';
import { plainFunction } from './contenders/plain-function.js';
import { type BenchGuests, buildGuests } from './support/guests.js';
import { interleave } from './support/interleave.js';
import { messageOf } from './support/message.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { type Summary, summarize } from './support/statistics.js';
import { formatRatio, formatTime } from './support/table.js';
import { targetRows } from './targets.js';

const CONTENDERS: readonly Contender[] = [
  plainFunction,
  bareCore,
  bareCoreAsync,
  oursSandbox,
  oursRawSync,
  oursFuel,
  oursRaw,
  oursFresh,
  oursTyped,
  oursThread,
  oursPool,
  jco,
  extismInline,
  extismWorker,
];

interface Size {
  readonly label: string;
  readonly bytes: number;
  /** Calls of one sample. */
  readonly calls: Readonly<Record<Contender['speed'], number>>;
}

const SIZES: readonly Size[] = [
  { label: '64 B', bytes: 64, calls: { fast: 20_000, slow: 2000, worker: 150 } },
  { label: '1 KiB', bytes: 1024, calls: { fast: 10_000, slow: 500, worker: 100 } },
  { label: '1 MiB', bytes: 1 << 20, calls: { fast: 40, slow: 3, worker: 3 } },
];

const WORKS: readonly { readonly work: Work; readonly title: string }[] = [
  { work: 'echo', title: 'echo' },
  { work: 'relay', title: 'echo through one capability call' },
];

/** Samples before the first one that counts: V8 has compiled everything with both its compilers by then. */
const WARM_UP_ROUNDS = 3;
const QUICK_CALLS = 20;

interface Cell {
  readonly work: Work;
  readonly size: Size;
  readonly samples: ReadonlyMap<string, readonly number[]>;
}

const options = readOptions('Calls of one hook: ours, the bare WebAssembly export, jco and Extism.', {
  rounds: 25,
  quickRounds: 2,
});
const guests = await buildGuests();
const cells: Cell[] = [];
for (const { work } of WORKS) {
  for (const size of SIZES) {
    process.stderr.write(`${work} ${size.label}\n`);
    cells.push({ work, size, samples: await measure(guests, work, size) });
  }
}
process.stdout.write(report());

async function measure(built: BenchGuests, work: Work, size: Size): Promise<Map<string, number[]>> {
  const task: Task = { guests: built, work, message: messageOf(size.bytes) };
  const open = await Promise.all(
    CONTENDERS.map(async (contender) => ({ contender, session: await openChecked(contender, task) })),
  );
  const entries = open.map(({ contender, session }) => {
    const calls = options.quick ? Math.min(QUICK_CALLS, size.calls[contender.speed]) : size.calls[contender.speed];
    return {
      name: contender.name,
      async sample() {
        await session.rest?.();
        return time(session.call, calls);
      },
    };
  });
  await interleave(entries, options.quick ? 0 : WARM_UP_ROUNDS);
  const samples = await interleave(entries, options.rounds);
  await Promise.all(open.map(({ session }) => session.close?.()));
  return samples;
}

/** A contender that answers wrongly is not measured at all. */
async function openChecked(contender: Contender, task: Task): Promise<Session> {
  const session = await contender.open(task);
  const answer = await session.call.run();
  const expected = session.expected ?? task.message.bytes;
  if (Buffer.compare(answer, expected) !== 0) {
    throw new Error(
      `${contender.name}, ${task.work}: answered ${answer.byteLength} bytes that are not the ${expected.byteLength} expected`,
    );
  }
  return session;
}

/** Nanoseconds for each call. */
async function time(call: Call, calls: number): Promise<number> {
  return call.kind === 'sync' ? timeSync(call.run, calls) : timeAsync(call.run, calls);
}

function timeSync(run: () => Uint8Array, calls: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) {
    run();
  }
  return Number(process.hrtime.bigint() - start) / calls;
}

async function timeAsync(run: () => Promise<Uint8Array>, calls: number): Promise<number> {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) {
    await run();
  }
  return Number(process.hrtime.bigint() - start) / calls;
}

function report(): string {
  const results = cells.map(({ work, size, samples }) => ({
    work,
    bytes: size.bytes,
    nanosecondsPerCall: Object.fromEntries(samples),
  }));
  const targets = targetRows(cells.map(({ work, size, samples }) => ({ work, bytes: size.bytes, samples })));
  return formatReport(options, {
    packages: ['@bytecodealliance/jco', '@extism/extism', 'assemblyscript'],
    note: `ratios to the ${BARE_CORE} of the same round`,
    tables: [tableRows(), targets],
    samples: { results },
  });
}

function tableRows(): string[][] {
  const head = ['', ...SIZES.flatMap(({ label }) => [label, 'ratio'])];
  const body = WORKS.flatMap(({ work, title }) => {
    const columns = cells.filter((cell) => cell.work === work).map(({ samples }) => summarize(samples, BARE_CORE));
    return [
      [title],
      ...CONTENDERS.map(({ name }) => [name, ...columns.flatMap((column) => figures(column.get(name)))]),
    ];
  });
  return [head, ...body];
}

function figures(summary: Summary | undefined): string[] {
  return summary === undefined ? ['', ''] : [formatTime(summary.value), formatRatio(summary.ratio)];
}
