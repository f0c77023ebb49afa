/**
 * Run a benchmark: `node scripts/bench.mjs hook-call|cli [OPTIONS]`. Node 20 does not run TypeScript, so it is bundled to
 * build/bench/ first; packages stay outside.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const [name, ...options] = process.argv.slice(2);

await build({
  absWorkingDir: root,
  entryPoints: [`bench/${name}.ts`],
  outdir: 'build/bench',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  logLevel: 'warning',
});
// Extism uses Node's WASI, whose warning says nothing about the figures.
const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', `build/bench/${name}.mjs`, ...options];
process.exit(spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1);
