import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildWorkers } from './build-workers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const host = join(root, 'host/');

/**
 * Run a TypeScript program of bench/ to its end: Node 20 does not run TypeScript.
 *
 * Each run gets a folder of its own, as deep as the sources: the program bundled, and the host file by file as it is shipped, so
 * the sandbox finds the code of its threads. What is built meanwhile in dist/ does not reach a run that takes an hour.
 *
 * @param {string} name - of `bench/NAME.ts`; programs that it starts by itself are in `bench/children/`.
 * @param {string[]} options - its command line.
 * @returns {Promise<number>} the exit code.
 */
export async function runBundled(name, options) {
  const folder = join(root, 'build', `${name}-${process.pid}`);
  try {
    await compile(name, folder);
    return await run(join(folder, `${name}.mjs`), options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compile(name, folder) {
  const common = {
    absWorkingDir: root,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    logLevel: 'warning',
  };
  const children = readdirSync(join(root, 'bench/children')).map((file) => `bench/children/${file}`);
  await build({
    ...common,
    entryPoints: [`bench/${name}.ts`, ...children].map((path) => ({
      in: path,
      out: path.replace(/^bench\/(children\/)?|\.ts$/g, ''),
    })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // A contender's library loads when that contender's turn comes.
    splitting: true,
    packages: 'external',
    plugins: [{ name: 'host-beside', setup: keepHostBeside }],
  });
  const sources = readdirSync(host, { recursive: true, encoding: 'utf8' });
  await build({
    ...common,
    entryPoints: sources.filter((path) => /(?<!\.test|\.d)\.ts$/.test(path)).map((path) => join(host, path)),
    outbase: host,
    outdir: join(folder, 'host'),
  });
  await buildWorkers(join(folder, 'host/workers'));
}

/** @param {import('esbuild').PluginBuild} build */
function keepHostBeside({ onResolve }) {
  onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
    const target = resolve(resolveDir, path);
    return target.startsWith(host) ? { path: `./host/${target.slice(host.length)}`, external: true } : undefined;
  });
}

function run(program, options) {
  const args = [
    '--expose-gc',
    // Extism uses Node's WASI, whose warning says nothing about the figures.
    '--disable-warning=ExperimentalWarning',
    // What QuickJS's modules need, in Node 20 behind a flag: the contenders that are not ours do not set it.
    ...(process.versions.node.startsWith('20.') ? ['--experimental-wasm-extended-const'] : []),
    program,
    ...options,
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  // A terminal's interrupt reaches the child by itself; this process only has to stay until it can clean up.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill());
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('exit', (code) => done(code ?? 1));
  });
}
