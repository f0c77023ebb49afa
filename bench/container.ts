/**
 * How long does a container of `true` take from the command line to its end, with plugins and without?
 *
 *   npm run bench:container [-- --rounds N] [--quick] [--json | --markdown]
 *
 * Whole processes, started in turn: what a container takes without us, `wasm-plugin run` on each engine, podman with crun and with
 * crun behind our runtime entry, each without a plugin, with one and with five. Then, from within, what the process that an engine
 * starts for a container does after Node is up. Needs root, podman, crun and runc, and `npm run build` before.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../test/support/need.js';
import { canPodman, type Podman, startPodman } from '../test/support/podman.js';
import type { StartOrder, StartSamples } from './container/order.js';
import { BARE, inside, LOAD, PLAIN_PODMAN, podmanWith, startsOf } from './container/starts.js';
import { makeStores } from './container/stores.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { ROOT } from './support/root.js';
import { median, ratio } from './support/statistics.js';
import { formatRatio, formatTime } from './support/table.js';
import { type Verdict, verdictRows } from './support/verdict.js';

const COMMAND = join(ROOT, 'dist/bin/wasm-plugin.js');
const OCI = join(ROOT, 'dist/bin/oci.js');
/** The targets: what hooks may take once Node is up, and what a whole `podman run` may take with the shim. */
const HOOKS_MS = 5;
const PODMAN_AT_MOST = 1.25;
const WARM_UP_ROUNDS = 2;

const options = readOptions(
  'Containers of `true`: bare, by `wasm-plugin run`, and under podman, with plugins and without.',
  {
    rounds: 20,
    quickRounds: 1,
  },
);
if (!existsSync(OCI)) stop(`Cannot start ${OCI}: it is not there`, 'Run `npm run build` first.');
if (!canPodman('root') || !needs('runc')) stop('Cannot start containers here', 'Be root, with podman, crun and runc.');

const podman = await startPodman('root');
try {
  process.stdout.write(report(await measure(podman)));
} finally {
  await podman.stop();
}

async function measure(podman: Podman): Promise<ReadonlyMap<string, readonly number[]>> {
  process.stderr.write('building plugins\n');
  const plugins = join(podman.folder, 'plugins');
  mkdirSync(plugins);
  const stores = await makeStores(plugins, COMMAND);
  const entries: string[] = [];
  for (const store of stores) {
    const folder = `${store}-entry`;
    const words = ['--store', store, 'setup', 'podman', '--runtime', 'crun', '--dir', folder];
    const { exitCode, stderr } = await podman.exec([process.execPath, COMMAND, ...words]);
    if (exitCode !== 0) throw new Error(`wasm-plugin ${words.join(' ')} ended with ${exitCode}: ${stderr}`);
    entries.push(join(folder, 'wasm-plugin'));
  }
  const order: StartOrder = {
    warmUpRounds: options.quick ? 0 : WARM_UP_ROUNDS,
    rounds: options.rounds,
    starts: startsOf({
      command: COMMAND,
      oci: OCI,
      rootfs: join(podman.folder, 'rootfs'),
      stores,
      entries,
      folder: join(podman.folder, 'bench'),
    }),
  };
  process.stderr.write('measuring\n');
  const child = fileURLToPath(new URL('./start-rounds.mjs', import.meta.url));
  const { exitCode, stdout, stderr } = await podman.podman([], {
    // Podman is not run, but handed over with its options.
    before: `set -- '${process.execPath}' --expose-gc '${child}' "$@";`,
    input: JSON.stringify(order),
  });
  if (exitCode !== 0) throw new Error(stderr);
  const left = await podman.leftovers();
  if (left.length > 0) throw new Error(`Left behind: ${left.join(', ')}`);
  return new Map(Object.entries(JSON.parse(stdout) as StartSamples));
}

function report(samples: ReadonlyMap<string, readonly number[]>): string {
  const of = (name: string): readonly number[] => samples.get(name) ?? [];
  const verdicts = [
    ...[1, 5].map(
      (count): Verdict => ({
        what: `${inside(count)}, after loading`,
        measured: median(of(inside(count))) / 1e6,
        atMost: HOOKS_MS,
        format: (ms) => `${ms.toFixed(1)} ms`,
      }),
    ),
    ...[0, 1, 5].map(
      (count): Verdict => ({
        what: `${podmanWith(count)} / ${PLAIN_PODMAN}`,
        measured: ratio(of(podmanWith(count)), of(PLAIN_PODMAN)),
        atMost: PODMAN_AT_MOST,
      }),
    ),
  ];
  const rows = [...samples].map(([name, values]) => {
    const base = name.startsWith('podman') ? PLAIN_PODMAN : name.startsWith('inside') ? LOAD : BARE;
    return [name, formatTime(median(values)), formatRatio(ratio(values, of(base)))];
  });
  return formatReport(options, {
    note: `ratios to ${BARE}, for podman to ${PLAIN_PODMAN}, for what is inside to ${LOAD}, of the same round`,
    tables: [[['', 'time', 'ratio'], ...rows], verdictRows(verdicts)],
    samples: { nanoseconds: Object.fromEntries(samples) },
  });
}

function stop(what: string, hint: string): never {
  process.stderr.write(`ERROR:   ${what}\nHINT:    ${hint}\n`);
  process.exit(1);
}
