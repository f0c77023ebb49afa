/**
 * `npm run build`: the library to dist/, and the command to dist/bin/ as a bundle that starts fast.
 *
 * The bundle is split: what `list`, `--help` and `inspect` need is in the entry and a few chunks, the sandbox, the engines and
 * the compiler are loaded by the commands that use them. The toolchains stay outside; they are optional and huge.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = `${root}dist/bin/wasm-plugin.js`;
const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

rmSync(`${root}dist`, { recursive: true, force: true });

const types = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (types.status !== 0) process.exit(types.status ?? 1);

await build({
  absWorkingDir: root,
  entryPoints: { 'wasm-plugin': 'host/cli/bin.ts' },
  outdir: 'dist/bin',
  // Flat, so that what is found relative to a module is found relative to a chunk too.
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  // Names stay: a stack trace that a user reports must mean something.
  keepNames: false,
  legalComments: 'none',
  // Bundled, because one file is found and read faster than a package; its only Node modules are builtins.
  external: Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name !== 'commander'),
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(bin, 0o755);
