/**
 * How much slower does code run that can be stopped?
 *
 *   npm run bench:meter [-- --rounds N] [--quick] [--json | --markdown]
 *
 * Nine kernels (bench/guests/kernels) and a script in QuickJS, each as it came and rewritten in every way that the sandbox does it,
 * with time armed and fuel counted by the sandbox's own code. All ways must give the same results.
 */
import { DEADLINE, HAS_EPOCH, MODES, type Mode, PLAIN, THREAD_FUEL, UNMETERED } from './meter/modes.js';
import { buildSubjects, QUICKJS, type Run, type Subject } from './meter/subjects.js';
import { interleave } from './support/interleave.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { geometricMean, median, ratio } from './support/statistics.js';
import { formatRatio, formatTime } from './support/table.js';
import { type Verdict, verdictRows } from './support/verdict.js';
import { WORK_TIME, workNanoseconds } from './support/work-clock.js';

/** A sample of a subject as it came takes about so long; those of the other modes do as much work. */
const SAMPLE_NS = 50e6;
/** Samples before the first that counts: V8 has compiled what is hot with its better compiler by then. */
const WARM_UP_ROUNDS = 6;
/** Rounds of work until the time of one says something. */
const CALIBRATION = 20;

interface Row {
  readonly subject: string;
  /** Nanoseconds for each round of work, by mode. */
  readonly samples: ReadonlyMap<string, readonly number[]>;
}

const options = readOptions('Metered code: kernels and QuickJS, rewritten in every way, beside the code as it came.', {
  rounds: 25,
  quickRounds: 1,
});
const rows: Row[] = [];
for (const subject of await buildSubjects()) {
  process.stderr.write(`${subject.name}\n`);
  rows.push({ subject: subject.name, samples: await measure(subject) });
}
process.stdout.write(report());

async function measure(subject: Subject): Promise<ReadonlyMap<string, readonly number[]>> {
  const runs = MODES.map((mode) => ({ mode, run: subject.open(mode) }));
  const expected = runs[0]!.run.round();
  const count = options.quick ? 1 : roundsFor(runs[0]!.run);
  const entries = runs.map(({ mode, run }) => ({
    name: mode.name,
    sample: async () => time(run, count, expected, `${subject.name}, ${mode.name}`),
  }));
  await interleave(entries, options.quick ? 0 : WARM_UP_ROUNDS);
  return interleave(entries, options.rounds);
}

function roundsFor(run: Run): number {
  for (let i = 0; i < CALIBRATION; i++) {
    run.round();
  }
  const start = process.hrtime.bigint();
  for (let i = 0; i < CALIBRATION; i++) {
    run.round();
  }
  return Math.max(1, Math.round((SAMPLE_NS * CALIBRATION) / Number(process.hrtime.bigint() - start)));
}

/** @returns nanoseconds for each round of work. */
function time(run: Run, count: number, expected: number, what: string): number {
  run.begin();
  const start = workNanoseconds();
  for (let i = 0; i < count; i++) {
    const sum = run.round();
    if (sum !== expected) {
      throw new Error(`${what}: the checksum is ${sum}, as it came it is ${expected}`);
    }
  }
  const elapsed = workNanoseconds() - start;
  run.end();
  return elapsed / count;
}

function report(): string {
  return formatReport(options, {
    packages: ['assemblyscript', 'componentize-qjs'],
    note: `${WORK_TIME}; ratios of the same round; "thread" is the code rewritten without checks`,
    tables: [
      ratioRows('against the same code without checks', UNMETERED),
      ratioRows('against the code as it came', PLAIN),
      verdictRows(verdicts()),
    ],
    samples: {
      results: rows.map(({ subject, samples }) => ({ subject, nanosecondsPerRound: Object.fromEntries(samples) })),
    },
  });
}

function ratioRows(title: string, base: Mode): string[][] {
  const shown = MODES.filter((mode) => mode !== base && mode !== PLAIN);
  const kernels = rows.filter(({ subject }) => subject !== QUICKJS);
  const summary = (name: string, of: (ratios: readonly number[]) => number): string[] => [
    name,
    '',
    ...shown.map((mode) => formatRatio(of(kernels.map((row) => ratioOf(row, mode, base))))),
  ];
  return [
    [title, base.name, ...shown.map(({ name }) => name)],
    ...rows.map((row) => [
      row.subject,
      formatTime(median(row.samples.get(base.name) ?? [])),
      ...shown.map((mode) => formatRatio(ratioOf(row, mode, base))),
    ]),
    summary('kernels, geometric mean', geometricMean),
    summary('kernels, worst', (ratios) => Math.max(...ratios)),
  ];
}

function ratioOf({ samples }: Row, mode: Mode, base: Mode): number {
  return ratio(samples.get(mode.name) ?? [], samples.get(base.name) ?? []);
}

/** Slices, which old V8s need, have no targets of their own. */
function verdicts(): Verdict[] {
  const ratios = (isScript: boolean, mode: Mode, base: Mode): number[] =>
    rows.filter(({ subject }) => (subject === QUICKJS) === isScript).map((row) => ratioOf(row, mode, base));
  const bases = [
    { base: UNMETERED, name: 'the same code without checks' },
    { base: PLAIN, name: 'the code as it came' },
  ];
  const epoch = bases.flatMap(({ base, name }): Verdict[] => [
    { what: `epoch / ${name}, kernels`, measured: geometricMean(ratios(false, DEADLINE, base)), atMost: 1.08 },
    { what: `epoch / ${name}, worst kernel`, measured: Math.max(...ratios(false, DEADLINE, base)), atMost: 1.25 },
    { what: `epoch / ${name}, QuickJS`, measured: Math.max(...ratios(true, DEADLINE, base)), atMost: 1.2 },
  ]);
  const fuel = bases.flatMap(({ base, name }): Verdict[] => [
    { what: `fuel / ${name}, kernels`, measured: geometricMean(ratios(false, THREAD_FUEL, base)), atMost: 1.15 },
  ]);
  const thread = geometricMean(ratios(false, UNMETERED, PLAIN));
  return [
    ...(HAS_EPOCH ? epoch : []),
    ...fuel,
    // 1.00, as far as one can measure.
    { what: 'in a thread / the code as it came, kernels', measured: thread, atMost: 1.02 },
  ];
}
