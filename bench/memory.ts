/**
 * How much memory does one more instance take?
 *
 *   npm run bench:memory [-- --rounds N] [--quick] [--json | --markdown]
 *
 * Each sample is a process of its own: it makes one instance and calls it, so that all code is loaded and compiled, then so many
 * more, each of which is called once as well. What the resident set grew by meanwhile, after a collection, is divided by their number.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { MemoryTask } from './memory/holders.js';
import { interleave } from './support/interleave.js';
import { readOptions } from './support/options.js';
import { formatReport } from './support/report.js';
import { median } from './support/statistics.js';
import { formatBytes } from './support/table.js';

const INSTANCES = 200;
const THREADS = 20;
const QUICK = 2;

const TASKS: readonly (MemoryTask & { readonly title: string })[] = [
  { title: 'bare WebAssembly.Instance, AssemblyScript', holder: 'bare', guest: 'echo', count: INSTANCES },
  { title: 'wasm-plugin, inline, AssemblyScript', holder: 'inline', guest: 'echo', count: INSTANCES },
  { title: 'wasm-plugin, inline, C', holder: 'inline', guest: 'c', count: INSTANCES },
  { title: 'wasm-plugin, inline, QuickJS', holder: 'inline', guest: 'quickjs', count: INSTANCES },
  { title: 'wasm-plugin, thread, AssemblyScript', holder: 'thread', guest: 'echo', count: THREADS },
  { title: 'wasm-plugin, thread, QuickJS', holder: 'thread', guest: 'quickjs', count: THREADS },
  { title: 'jco, AssemblyScript', holder: 'jco', guest: 'echo', count: INSTANCES },
  { title: 'jco, QuickJS', holder: 'jco', guest: 'quickjs', count: INSTANCES },
  { title: 'Extism, AssemblyScript', holder: 'extism', guest: 'echo', count: INSTANCES },
  { title: 'Extism, runInWorker, AssemblyScript', holder: 'extism-worker', guest: 'echo', count: THREADS },
];

const options = readOptions('Memory of one more instance: ours, bare WebAssembly, jco, Extism.', {
  rounds: 5,
  quickRounds: 1,
});
const tasks = options.quick ? TASKS.filter(({ guest }) => guest === 'echo') : TASKS;
const samples = await interleave(
  tasks.map(({ title, holder, guest, count }) => ({
    name: title,
    sample: () => measure({ holder, guest, count: options.quick ? QUICK : count }),
  })),
  options.rounds,
);
process.stdout.write(
  formatReport(options, {
    packages: ['@bytecodealliance/jco', '@extism/extism'],
    note: `growth of the resident set by ${INSTANCES} instances or ${THREADS} threads, for each of them`,
    tables: [[['', 'resident'], ...[...samples].map(([name, bytes]) => [name, formatBytes(median(bytes))])]],
    samples: { bytesPerInstance: Object.fromEntries(samples) },
  }),
);

async function measure(task: MemoryTask): Promise<number> {
  const program = fileURLToPath(new URL('./memory-once.mjs', import.meta.url));
  const args = [...process.execArgv, program, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout);
}
