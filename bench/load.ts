/**
 * How long does it take from a file on disk to the first answer of the plugin in it?
 *
 *   npm run bench:load [-- --rounds N] [--quick] [--json | --markdown]
 *
 * Two tables. In a fresh process for each sample nothing helps: no compiled component is kept, in our cache or in V8's; the
 * contender's own library is loaded before the clock starts, and nothing of it has run. In this process, which has loaded many plugins
 * before, everything is warm but the plugin: each sample gets one of its own, whose core module has a number in it that no
 * other has.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadInFreshProcess } from './load/fresh-process.js';
import { LOADERS, type LoaderName } from './load/loaders.js';
import { buildPackages, type Package } from './load/packages.js';
import { interleave } from './support/interleave.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { type Summary, summarize } from './support/statistics.js';
import { formatRatio, formatTime } from './support/table.js';
import { verdictRows } from './support/verdict.js';

const OURS: LoaderName = 'wasm-plugin, inline';
const JCO: LoaderName = 'jco transpile and instantiate';
const AT_MOST = 1 / 10;
const WARM_UP_ROUNDS = 5;

interface Column {
  readonly title: string;
  readonly samples: ReadonlyMap<string, readonly number[]>;
}

const options = readOptions('From a file to the first answer: ours, jco, Extism, bare WebAssembly.', {
  rounds: 15,
  quickRounds: 1,
});
const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-load-'));
const fresh: Column[] = [];
let warm: Column;
try {
  const { languages, echo, unseenEcho } = await buildPackages(folder);
  for (const built of options.quick ? [echo] : [echo, ...languages]) {
    process.stderr.write(`fresh process, ${built.name}\n`);
    const entries = loadersOf(built).map((name) => ({ name, sample: () => loadInFreshProcess(name, built) }));
    fresh.push({ title: built.name, samples: await interleave(entries, options.rounds) });
  }
  process.stderr.write('warm process\n');
  const entries = loadersOf(echo).map((name) => ({
    name,
    async sample() {
      const { load, close } = await LOADERS[name]();
      const nanoseconds = await load(await unseenEcho());
      await close();
      return nanoseconds;
    },
  }));
  await interleave(entries, options.quick ? 0 : WARM_UP_ROUNDS);
  warm = { title: `${echo.name}, never seen before`, samples: await interleave(entries, options.rounds) };
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(report());

/** Extism and the bare call have a guest of their own, and only one. */
function loadersOf({ core, extism }: Package): LoaderName[] {
  const names = Object.keys(LOADERS) as LoaderName[];
  return names.filter(
    (name) => (core !== undefined || !name.startsWith('bare')) && (extism !== undefined || !name.startsWith('Extism')),
  );
}

function report(): string {
  const targets = [
    ...fresh.map((column) => ({ ...column, where: 'fresh process' })),
    { ...warm, where: 'warm process' },
  ];
  const verdicts = targets.map(({ where, title, samples }) => ({
    what: `${where}, ${title}: ${OURS} / ${JCO}`,
    measured: summarize(samples, JCO).get(OURS)?.ratio ?? Number.NaN,
    atMost: AT_MOST,
  }));
  return formatReport(options, {
    packages: ['@bytecodealliance/jco', '@extism/extism'],
    note: `ratios to ${JCO} of the same round`,
    tables: [rowsOf('fresh process', fresh), rowsOf('warm process', [warm]), verdictRows(verdicts)],
    samples: {
      fresh: fresh.map(({ title, samples }) => ({ guest: title, nanoseconds: Object.fromEntries(samples) })),
      warm: { guest: warm.title, nanoseconds: Object.fromEntries(warm.samples) },
    },
  });
}

function rowsOf(title: string, columns: readonly Column[]): string[][] {
  const summaries = columns.map(({ samples }) => summarize(samples, JCO));
  const names = Object.keys(LOADERS).filter((name) => columns.some(({ samples }) => samples.has(name)));
  return [
    [title, ...columns.flatMap((column) => [column.title, 'ratio'])],
    ...names.map((name) => [name, ...summaries.flatMap((column) => figures(column.get(name)))]),
  ];
}

function figures(summary: Summary | undefined): string[] {
  return summary === undefined ? ['', ''] : [formatTime(summary.value), formatRatio(summary.ratio)];
}
