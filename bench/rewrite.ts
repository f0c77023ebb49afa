/**
 * How fast is a module rewritten?
 *
 *   npm run bench:rewrite [-- --rounds N] [--quick] [--json | --markdown]
 *
 * Megabytes of function bodies in a second, by step; a later step includes the earlier ones that it needs. The last row is for
 * the first module of a process, when nothing of the rewriter is compiled yet.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BigModule, MODULES, QUICKJS } from './rewrite/modules.js';
import { codeBytes, STEPS, TOTAL, WALK } from './rewrite/steps.js';
import { interleave } from './support/interleave.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { median } from './support/statistics.js';
import { verdictRows } from './support/verdict.js';
import { WORK_TIME, workNanoseconds } from './support/work-clock.js';

const FIRST = `${TOTAL}, first of a process`;
/** The target for the walker, in MB/s. */
const AT_LEAST = 50;
const WARM_UP_ROUNDS = 2;
/** A sample of a small module takes more than one turn. */
const SAMPLE_BYTES = 4e6;

interface Column {
  readonly module: BigModule;
  readonly bytes: number;
  /** MB/s, by step. */
  readonly samples: ReadonlyMap<string, readonly number[]>;
}

const options = readOptions('Rewriting of big modules, step by step.', { rounds: 7, quickRounds: 1 });
const columns: Column[] = [];
for (const module of options.quick ? [QUICKJS] : MODULES) {
  process.stderr.write(`${module.name}\n`);
  columns.push(await measure(module));
}
process.stdout.write(report());

async function measure(module: BigModule): Promise<Column> {
  const bytes = await module.read();
  const code = codeBytes(bytes);
  const turns = options.quick ? 1 : Math.max(1, Math.round(SAMPLE_BYTES / code));
  const steps = [...STEPS].map(([name, step]) => ({
    name,
    async sample() {
      const start = workNanoseconds();
      for (let i = 0; i < turns; i++) {
        step(bytes);
      }
      return perSecond(code * turns, workNanoseconds() - start);
    },
  }));
  const first = { name: FIRST, sample: async () => perSecond(code, await firstOfProcess(module)) };
  await interleave(steps, options.quick ? 0 : WARM_UP_ROUNDS);
  return { module, bytes: code, samples: await interleave([...steps, first], options.rounds) };
}

function perSecond(bytes: number, nanoseconds: number): number {
  return (bytes / nanoseconds) * 1e3;
}

/** @returns nanoseconds. */
async function firstOfProcess({ name }: BigModule): Promise<number> {
  const program = fileURLToPath(new URL('./rewrite-once.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, program, name]);
  return Number(stdout);
}

function report(): string {
  const rate = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} MB/s`;
  const of = (column: Column, step: string): number => median(column.samples.get(step) ?? []);
  const rows = [
    ['', ...columns.map(({ module, bytes }) => `${module.name}, ${(bytes / 1e6).toFixed(1)} MB`)],
    ...[...STEPS.keys(), FIRST].map((step) => [step, ...columns.map((column) => rate(of(column, step)))]),
  ];
  const verdicts = columns.map((column) => ({
    what: `${column.module.name}: ${WALK}`,
    measured: of(column, WALK),
    atLeast: AT_LEAST,
    format: rate,
  }));
  return formatReport(options, {
    packages: ['@bytecodealliance/jco', '@yowasp/clang', 'componentize-qjs'],
    note: `MB of function bodies in a second; ${WORK_TIME}`,
    tables: [rows, verdictRows(verdicts)],
    samples: {
      results: columns.map(({ module, bytes, samples }) => ({
        module: module.name,
        codeBytes: bytes,
        megabytesPerSecond: Object.fromEntries(samples),
      })),
    },
  });
}
