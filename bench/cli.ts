/**
 * How long does the command take to start and answer, beside Node itself?
 *
 *   npm run bench:cli [-- --rounds N] [--quick] [--json | --markdown]
 *
 * Whole processes, started in turn: `node -e 0`, then `--help`, `list` and `inspect NAME` over a store without plugins and one with
 * a thousand. Needs `npm run build` before.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillStore, pluginName } from './support/installed-store.js';
import { interleave } from './support/interleave.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { ROOT } from './support/root.js';
import { summarize } from './support/statistics.js';
import { formatRatio, formatTime } from './support/table.js';

const BIN = join(ROOT, 'dist/bin/wasm-plugin.js');
const BASELINE = 'node -e 0';
/** The target: what the command may take, as a multiple of the baseline. */
const AT_MOST = 1.5;
const MANY = 1000;
const QUICK_MANY = 20;
/** Fills the page cache and Node's own caches. */
const WARM_UP_ROUNDS = 2;

/** One command line to time. */
interface Start {
  readonly name: string;
  readonly args: readonly string[];
  /** `inspect` of a plugin that is not there fails, which is its answer. */
  readonly exitCode: number;
  /** Part of what it must print. */
  readonly prints: string;
}

const options = readOptions('Starts of the command, beside `node -e 0`.', { rounds: 30, quickRounds: 2 });
if (!existsSync(BIN)) {
  process.stderr.write(`ERROR:   Cannot start ${BIN}: it is not there\nHINT:    Run \`npm run build\` first.\n`);
  process.exit(1);
}
const many = options.quick ? QUICK_MANY : MANY;
const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-bench-'));
try {
  const empty = join(folder, 'empty');
  const full = join(folder, 'full');
  process.stderr.write(`installing ${many} plugins\n`);
  await fillStore(full, many);
  const starts = [...startsOver(empty, 0), ...startsOver(full, many)];
  starts.forEach(check);
  const entries = [
    { name: BASELINE, sample: async () => time(['-e', '0'], 0) },
    ...starts.map(({ name, args, exitCode }) => ({ name, sample: async () => time(args, exitCode) })),
  ];
  process.stderr.write('measuring\n');
  await interleave(entries, options.quick ? 0 : WARM_UP_ROUNDS);
  process.stdout.write(report(await interleave(entries, options.rounds)));
} finally {
  rmSync(folder, { recursive: true });
}

function startsOver(store: string, count: number): Start[] {
  const name = pluginName(0);
  const command = (...args: string[]): string[] => [BIN, '--store', store, ...args];
  const with_ = `${count} plugins`;
  return [
    { name: `--help, ${with_}`, args: command('--help'), exitCode: 0, prints: count > 0 ? 'bench-0' : 'install' },
    { name: `list, ${with_}`, args: command('list'), exitCode: 0, prints: count > 0 ? name : '' },
    { name: `inspect NAME, ${with_}`, args: command('inspect', name), exitCode: count > 0 ? 0 : 1, prints: name },
  ];
}

/** Nanoseconds from the start of a process to its end. */
function time(args: readonly string[], exitCode: number): number {
  const start = process.hrtime.bigint();
  const { status, error } = spawnSync(process.execPath, args, { stdio: 'ignore', env: environment() });
  const elapsed = Number(process.hrtime.bigint() - start);
  if (status !== exitCode) {
    throw new Error(`node ${args.join(' ')} ended with ${status}, ${exitCode} was expected`, { cause: error });
  }
  return elapsed;
}

/** A command that answers wrongly is not measured at all. */
function check({ args, exitCode, prints }: Start): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: environment() });
  if (status !== exitCode || !`${stdout}${stderr}`.includes(prints)) {
    throw new Error(`node ${args.join(' ')} ended with ${status} and printed:\n${stdout}${stderr}`);
  }
}

/** What this process was started with must not slow down the others. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return rest;
}

function report(samples: ReadonlyMap<string, readonly number[]>): string {
  const summaries = [...summarize(samples, BASELINE)];
  const rows = [
    ['', 'time', 'ratio', `at most ${formatRatio(AT_MOST)}`],
    ...summaries.map(([name, { value, ratio }]) => [
      name,
      formatTime(value),
      formatRatio(ratio),
      name === BASELINE ? '' : ratio <= AT_MOST ? 'met' : 'MISSED',
    ]),
  ];
  return formatReport(options, {
    note: `ratios to ${BASELINE} of the same round`,
    tables: [rows],
    samples: { nanoseconds: Object.fromEntries(samples) },
  });
}
