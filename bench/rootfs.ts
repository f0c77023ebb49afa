/**
 * How fast does a plugin unpack an image through the capabilities `image` and `rootfs`?
 *
 *   npm run bench:rootfs [-- --rounds N] [--quick] [--json | --markdown]
 *
 * plugins/tar-image-driver beside GNU tar, each into an empty folder: an archive of a few large files, and one of many small ones.
 * Megabytes of what is in the files, each second. The files go where TMPDIR says.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispatcherOver } from '../test/support/dispatch.js';
import { compileExample, installed } from '../test/support/example-plugin.js';
import { interleave } from './support/interleave.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { median, ratio } from './support/statistics.js';
import { formatRatio } from './support/table.js';
import { type Verdict, verdictRows } from './support/verdict.js';

const TAR = 'GNU tar';
const OURS = 'tar-image-driver';
/** The target, in megabytes a second. */
const AT_LEAST = 200;
const WARM_UP_ROUNDS = 1;
const FILES_A_FOLDER = 100;

interface Archive {
  readonly name: string;
  readonly files: number;
  readonly bytesEach: number;
}

interface Result {
  readonly archive: string;
  readonly megabytesPerSecond: Readonly<Record<string, readonly number[]>>;
  /** Processor time of both our threads, in milliseconds for each round. */
  readonly ownCpuMs: readonly number[];
}

const options = readOptions('Unpacking of images by a plugin, beside GNU tar.', { rounds: 10, quickRounds: 1 });
const archives: readonly Archive[] = options.quick
  ? [
      { name: 'large files', files: 2, bytesEach: 4e6 },
      { name: 'small files', files: 500, bytesEach: 2000 },
    ]
  : [
      { name: 'large files', files: 8, bytesEach: 16e6 },
      { name: 'small files', files: 5000, bytesEach: 2000 },
    ];
const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-rootfs-'));
const dispatcher = await dispatcherOver([installed(await compileExample('tar-image-driver'))]);
const results: Result[] = [];
try {
  for (const archive of archives) results.push(await measure(archive));
} finally {
  await dispatcher.close();
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(report());

async function measure(archive: Archive): Promise<Result> {
  process.stderr.write(`${archive.name}\n`);
  const file = make(archive);
  let ownCpuMs: number[] = [];
  const entries = [
    {
      name: TAR,
      unpack: async (target: string) => {
        execFileSync('tar', ['-C', target, '-xpf', file]);
      },
    },
    {
      name: OURS,
      unpack: async (target: string) => {
        const before = process.cpuUsage();
        if ((await dispatcher.unpackImage(file, target)) === undefined) throw new Error(`No driver takes ${file}`);
        const { user, system } = process.cpuUsage(before);
        ownCpuMs.push((user + system) / 1000);
      },
    },
  ].map(({ name, unpack }) => ({ name, sample: () => speed(archive, unpack) }));
  await interleave(entries, options.quick ? 0 : WARM_UP_ROUNDS);
  ownCpuMs = [];
  const samples = await interleave(entries, options.rounds);
  rmSync(file);
  return { archive: archive.name, megabytesPerSecond: Object.fromEntries(samples), ownCpuMs };
}

/** Bytes that nobody can make smaller, under names as long as those of libraries. */
function make({ name, files, bytesEach }: Archive): string {
  const tree = join(folder, 'tree');
  for (let index = 0; index < files; index++) {
    const inner = join(tree, `usr/lib/part-${Math.floor(index / FILES_A_FOLDER)}`);
    if (index % FILES_A_FOLDER === 0) mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, `file-${index}.so.1.0.0`), randomBytes(bytesEach));
  }
  const path = join(folder, `${name.replace(' ', '-')}.tar`);
  execFileSync('tar', ['-C', tree, '-cf', path, '.']);
  rmSync(tree, { recursive: true });
  return path;
}

/** Megabytes a second; what was unpacked is compared by its number of files and bytes. */
async function speed({ files, bytesEach }: Archive, unpack: (target: string) => Promise<void>): Promise<number> {
  const target = mkdtempSync(join(folder, 'target-'));
  const start = process.hrtime.bigint();
  await unpack(target);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const sizes = execFileSync('find', [target, '-type', 'f', '-size', `${bytesEach}c`, '-printf', 'x']).byteLength;
  rmSync(target, { recursive: true });
  if (sizes !== files) throw new Error(`${sizes} of ${files} files were unpacked`);
  return (files * bytesEach) / 1e6 / seconds;
}

function report(): string {
  const speedText = (value: number): string => `${value.toFixed(0)} MB/s`;
  const rows = results.map(({ archive, megabytesPerSecond, ownCpuMs }) => {
    const [tar = [], ours = []] = [megabytesPerSecond[TAR], megabytesPerSecond[OURS]];
    return [
      archive,
      speedText(median(tar)),
      speedText(median(ours)),
      formatRatio(ratio(ours, tar)),
      `${median(ownCpuMs).toFixed(0)} ms`,
    ];
  });
  const verdicts = results.map(
    ({ archive, megabytesPerSecond }): Verdict => ({
      what: `${OURS}, ${archive}`,
      measured: median(megabytesPerSecond[OURS] ?? []),
      atLeast: AT_LEAST,
      format: speedText,
    }),
  );
  return formatReport(options, {
    packages: ['assemblyscript'],
    note: `megabytes of content a second; ratios to ${TAR} of the same round`,
    tables: [[['', TAR, OURS, 'ratio', `processor, ${OURS}`], ...rows], verdictRows(verdicts)],
    samples: { results },
  });
}
