/**
 * Does the process stay as it is, whatever plugins do in it for hours?
 *
 *   npm run soak [-- --part NAME] [--calls N] [--instances N] [--minutes N] [--json | --markdown]
 *
 * Each part runs in a process of its own, whose memory is sampled 200 times after a collection, and which must end by itself when
 * its host is closed. docs/benchmarks.md says how the samples are judged.
 */
import type { Growth } from './soak/growth.js';
import { readSoakOptions } from './soak/options.js';
import type { JudgedPart } from './soak/part.js';
import { runPart } from './soak/run-part.js';
import { formatBytes, formatMarkdown, formatTable } from './support/table.js';
import { describeMachine } from './support/versions.js';

const WHAT = { calls: 'calls on one instance', instances: 'instances', crashing: 'minutes of crashes in a pool' };

const options = readSoakOptions(process.argv.slice(2));
const results: JudgedPart[] = [];
for (const part of options.parts) {
  process.stderr.write(`${part.part}: ${part.amount} ${WHAT[part.part]}\n`);
  results.push(await runPart(part));
}
process.stdout.write(report());
for (const { part, unexpected } of results) {
  unexpected.forEach((what) => {
    process.stderr.write(`ERROR:   ${part}: ${what}\n`);
  });
}
process.exitCode = results.every(holds) ? 0 : 1;

function holds(part: JudgedPart): boolean {
  return part.resident.flat && part.held.flat && part.unexpected.length === 0 && endsByItself(part);
}

function endsByItself({ left, endedAfterMs, exitCode }: JudgedPart): boolean {
  return left.length === 0 && endedAfterMs !== undefined && exitCode === 0;
}

function report(): string {
  const machine = describeMachine([]);
  if (options.output === 'json') {
    return `${JSON.stringify({ machine, results }, null, 2)}\n`;
  }
  const tables = [growthRows(), outcomeRows()];
  return options.output === 'markdown'
    ? `${machine.map((line) => `- ${line}`).join('\n')}\n\n${tables.map(formatMarkdown).join('\n')}`
    : `${machine.join('\n')}\n\n${tables.map(formatTable).join('\n')}`;
}

function growthRows(): string[][] {
  return [
    ['', 'time', 'at first', 'level', 'peak', 'line rises', 'end less start', 'at most', '', 'left at the end'],
    ...results.flatMap((part) => [
      [
        `${part.amount} ${WHAT[part.part]}: resident`,
        `${(part.seconds / 60).toFixed(1)} min`,
        ...figures(part.resident),
        endsByItself(part) ? 'nothing' : part.left.join(' ') || `exit ${part.exitCode}`,
      ],
      ['held by JavaScript objects', '', ...figures(part.held), ''],
    ]),
  ];
}

function figures({ first, level, peak, risen, gained, band, flat }: Growth): string[] {
  return [...[first, level, peak, risen, gained, band].map(formatBytes), flat ? 'flat' : 'GROWS'];
}

/** Everything that happened, with the number of times. */
function outcomeRows(): string[][] {
  return [
    ['outcome', 'times'],
    ...results.flatMap(({ part, outcomes }) => [
      [part],
      ...Object.entries(outcomes)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([outcome, times]) => [outcome, String(times)]),
    ]),
  ];
}
