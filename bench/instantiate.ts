/**
 * What does a new instance of a plugin cost, once its code is compiled?
 *
 *   npm run bench:instantiate [-- --rounds N] [--quick] [--json | --markdown]
 *
 * Beside the same core modules instantiated by hand, with host functions that do nothing, and beside jco's output. All of them have
 * compiled modules at hand.
 */
import { DEFAULT_COMPONENT_LIMITS, decodeComponent } from '../host/component/index.js';
import { compileComponent } from '../host/sandbox/index.js';
import { transpileWithJco } from '../test/support/jco-oracle.js';
import { quietOptions } from '../test/support/text-plugin.js';
import { linkBare } from './support/bare-link.js';
import { interleave } from './support/interleave.js';
import { buildLanguageGuests, type LanguageGuest } from './support/languages.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { type Summary, summarize } from './support/statistics.js';
import { formatRatio, formatTime } from './support/table.js';
import { verdictRows } from './support/verdict.js';
import { wasm } from './support/web-assembly.js';

const BARE = 'bare WebAssembly.Instance';
const INLINE = 'wasm-plugin, inline';
const AT_MOST = 2;
const WARM_UP_ROUNDS = 5;
/** Instances of one sample. */
const COUNT = 50;
const QUICK_COUNT = 2;
/** Starts of a thread in one sample. */
const THREADS = 4;
const QUICK_THREADS = 1;

interface Maker {
  readonly name: string;
  readonly count: number;
  /** Make instances, so many. @returns nanoseconds for each. */
  readonly sample: (count: number) => Promise<number>;
}

const options = readOptions('New instances of compiled plugins: ours, bare WebAssembly, jco.', {
  rounds: 25,
  quickRounds: 1,
});
const guests = await buildLanguageGuests();
const columns: { readonly guest: LanguageGuest; readonly samples: ReadonlyMap<string, readonly number[]> }[] = [];
for (const guest of guests) {
  process.stderr.write(`${guest.name}\n`);
  const makers = [bare(guest), await inline(guest), await jco(guest), await thread(guest)];
  const entries = makers.map(({ name, count, sample }) => ({ name, sample: () => sample(count) }));
  await interleave(entries, options.quick ? 0 : WARM_UP_ROUNDS);
  columns.push({ guest, samples: await interleave(entries, options.rounds) });
}
process.stdout.write(report());

function bare({ component }: LanguageGuest): Maker {
  const plan = decodeComponent(component, DEFAULT_COMPONENT_LIMITS);
  const modules = plan.modules.map((bytes) => new wasm.Module(bytes));
  return perInstance(BARE, () => linkBare(plan, modules));
}

async function inline({ component }: LanguageGuest): Promise<Maker> {
  const compiled = await compileComponent(component);
  const settings = quietOptions();
  return perInstance(INLINE, () => compiled.instantiate(settings));
}

async function jco({ component }: LanguageGuest): Promise<Maker> {
  const { files, instantiate } = await transpileWithJco(component, {
    onOutput: () => {},
    capabilities: new Map([['wasm-plugin:host/log', (payload) => ({ ok: true, payload })]]),
  });
  const modules = new Map(
    Object.entries(files)
      .filter(([name]) => name.endsWith('.wasm'))
      .map(([name, bytes]) => [name, new wasm.Module(bytes)]),
  );
  return perInstanceAwaited('jco', instances(), () => instantiate((name) => modules.get(name)!));
}

/** From the order to start until the instance can be called. Ending it is not measured. */
async function thread({ component }: LanguageGuest): Promise<Maker> {
  const compiled = await compileComponent(component, {}, undefined, 'thread');
  const settings = quietOptions();
  return {
    name: 'wasm-plugin, thread started for it',
    count: options.quick ? QUICK_THREADS : THREADS,
    async sample(count) {
      let elapsed = 0n;
      for (let i = 0; i < count; i++) {
        const start = process.hrtime.bigint();
        const instance = await compiled.startThread(settings);
        elapsed += process.hrtime.bigint() - start;
        await instance.close();
      }
      return Number(elapsed) / count;
    },
  };
}

function instances(): number {
  return options.quick ? QUICK_COUNT : COUNT;
}

function perInstance(name: string, make: () => unknown): Maker {
  return {
    name,
    count: instances(),
    async sample(count) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < count; i++) {
        make();
      }
      return Number(process.hrtime.bigint() - start) / count;
    },
  };
}

function perInstanceAwaited(name: string, count: number, make: () => Promise<unknown>): Maker {
  return {
    name,
    count,
    async sample(times) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < times; i++) {
        await make();
      }
      return Number(process.hrtime.bigint() - start) / times;
    },
  };
}

function report(): string {
  const summaries = columns.map(({ samples }) => summarize(samples, BARE));
  const rows = [
    ['', ...guests.flatMap(({ name }) => [name, 'ratio'])],
    ...[...(columns[0]?.samples.keys() ?? [])].map((name) => [
      name,
      ...summaries.flatMap((column) => figures(column.get(name))),
    ]),
  ];
  const verdicts = guests.map(({ name }, i) => ({
    what: `${name}: ${INLINE} / ${BARE}`,
    measured: summaries[i]?.get(INLINE)?.ratio ?? Number.NaN,
    atMost: AT_MOST,
  }));
  return formatReport(options, {
    packages: ['@bytecodealliance/jco'],
    note: `ratios to ${BARE} of the same round`,
    tables: [rows, verdictRows(verdicts)],
    samples: {
      results: columns.map(({ guest, samples }) => ({
        guest: guest.name,
        nanosecondsPerInstance: Object.fromEntries(samples),
      })),
    },
  });
}

function figures(summary: Summary | undefined): string[] {
  return summary === undefined ? ['', ''] : [formatTime(summary.value), formatRatio(summary.ratio)];
}
