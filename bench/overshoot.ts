/**
 * How long after its deadline does a plugin still run that does all it can not to be stopped?
 *
 *   npm run bench:overshoot [-- --rounds N] [--quick] [--json | --markdown]
 *
 * Each sample is a new instance and one call with a deadline of 50 ms, timed from the call to its error. None may end early.
 */
import {
  type ComponentInstance,
  compileComponent,
  DEFAULT_SANDBOX_LIMITS,
  type Isolation,
  type ThreadInstance,
} from '../host/sandbox/index.js';
import { quietOptions, SCORE, textPlugin } from '../test/support/text-plugin.js';
import { type Attack, attacks } from './overshoot/attacks.js';
import { interleave } from './support/interleave.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { median, percentile } from './support/statistics.js';
import { type Verdict, verdictRows } from './support/verdict.js';

const DEADLINE_MS = 50;
const WARM_UP_ROUNDS = 1;
const REQUEST = new Uint8Array(8);
/** No limit but the call's deadline is in the way. */
const LIMITS = { ...DEFAULT_SANDBOX_LIMITS, deadlineMs: 60_000, capabilityCalls: Number.MAX_SAFE_INTEGER };
/** A thread that is still there then will never go. */
const GONE_MS = 10_000;

/** What is timed: the end of the call, as its caller sees it; and the end of the thread, which the caller need not wait for. */
const VIEWS = ['inline', 'thread: the call', 'thread: its thread'] as const;
type View = (typeof VIEWS)[number];

interface Row {
  readonly attack: Attack;
  readonly view: View;
  /** Milliseconds after the deadline. */
  readonly overshoot: readonly number[];
}

const options = readOptions('Plugins that do all they can not to be stopped: milliseconds after their deadline.', {
  rounds: 40,
  quickRounds: 1,
});
const rows: Row[] = [];
for (const isolation of ['inline', 'thread'] as const) {
  process.stderr.write(`${isolation}\n`);
  rows.push(...(await measure(isolation)));
}
process.stdout.write(report());

async function measure(isolation: Isolation): Promise<Row[]> {
  const gone = new Map<Attack, number[]>(attacks.map((attack) => [attack, []]));
  const entries = await Promise.all(
    attacks.map(async (attack) => {
      const next = await components(attack);
      return {
        name: attack.name,
        async sample() {
          const { call, thread } = await overshootOf(attack, await next(), isolation);
          gone.get(attack)?.push(thread);
          return call;
        },
      };
    }),
  );
  const warmUp = options.quick ? 0 : WARM_UP_ROUNDS;
  await interleave(entries, warmUp);
  const samples = await interleave(entries, options.rounds);
  return attacks.flatMap((attack): Row[] => {
    const overshoot = samples.get(attack.name) ?? [];
    return isolation === 'inline'
      ? [{ attack, view: 'inline', overshoot }]
      : [
          { attack, view: 'thread: the call', overshoot },
          { attack, view: 'thread: its thread', overshoot: gone.get(attack)?.slice(warmUp) ?? [] },
        ];
  });
}

/** What V8 compiles for the first time must be code that this process has never seen. */
async function components(attack: Attack): Promise<() => Promise<Uint8Array>> {
  const first = await textPlugin(attack.plugin(0));
  let sample = 0;
  return async () => (attack.compiling === true ? textPlugin(attack.plugin(++sample)) : first);
}

/** @returns milliseconds after the deadline; negative for what ended early. */
async function overshootOf(
  attack: Attack,
  component: Uint8Array,
  isolation: Isolation,
): Promise<{ readonly call: number; readonly thread: number }> {
  const compiled = await compileComponent(component, LIMITS, undefined, isolation);
  const instance =
    isolation === 'inline' ? compiled.instantiate(quietOptions()) : await compiled.startThread(quietOptions());
  const start = performance.now();
  const since = (): number => performance.now() - start - DEADLINE_MS;
  try {
    await instance.call(SCORE, REQUEST, { deadlineMs: DEADLINE_MS });
  } catch (error) {
    const call = since();
    if ((error as { code?: string }).code === 'DEADLINE_EXCEEDED') {
      await ended(instance, attack);
      return { call, thread: since() };
    }
    throw error;
  }
  throw new Error(`${attack.name} came back`);
}

async function ended(instance: ComponentInstance | ThreadInstance, attack: Attack): Promise<void> {
  const late = setTimeout(() => {
    process.stderr.write(`ERROR:   ${attack.name}: the thread is still there ${GONE_MS} ms after its deadline\n`);
    // Nothing else ends a process that has such a thread.
    process.kill(process.pid, 'SIGKILL');
  }, GONE_MS);
  await instance.close();
  clearTimeout(late);
}

function report(): string {
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const figures = (values: readonly number[]): string[] =>
    [Math.min(...values), median(values), percentile(values, 0.99), Math.max(...values)].map(ms);
  const of = (view: View, counts: (attack: Attack) => boolean): number[] =>
    rows.filter((row) => row.view === view && counts(row.attack)).flatMap(({ overshoot }) => overshoot);
  const interruptible = (attack: Attack): boolean => attack.compiling !== true;
  const verdicts = VIEWS.filter((view) => view !== 'thread: its thread').flatMap((view): Verdict[] => {
    const values = of(view, interruptible);
    return [
      { what: `${view}, median`, measured: median(values), atMost: 1, format: ms },
      { what: `${view}, 99th percentile`, measured: percentile(values, 0.99), atMost: 12, format: ms },
      { what: `${view}, earliest of all`, measured: Math.min(...of(view, () => true)), atLeast: 0, format: ms },
    ];
  });
  const table = [
    [`after ${DEADLINE_MS} ms`, 'earliest', 'median', '99 %', 'latest'],
    ...VIEWS.flatMap((view) => [
      [view],
      ...rows.filter((row) => row.view === view).map(({ attack, overshoot }) => [attack.name, ...figures(overshoot)]),
      ['all but the last', ...figures(of(view, interruptible))],
    ]),
  ];
  return formatReport(options, {
    note: 'milliseconds after the deadline; the targets leave out the first compile of big functions',
    tables: [table, verdictRows(verdicts)],
    samples: {
      results: rows.map(({ attack, view, overshoot }) => ({ attack: attack.name, view, milliseconds: overshoot })),
    },
  });
}
