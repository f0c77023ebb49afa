/**
 * `npm run build`: the library to dist/, and the command to dist/bin/.
 *
 *   dist/bin/wasm-plugin.js    CommonJS: decides by the first word which of the next two runs
 *   dist/bin/typed.js          CommonJS, one file: `list`, `inspect NAME` and help, which start almost as fast as Node itself
 *   dist/bin/oci.js            CommonJS, one file: what other engines start for each of their containers
 *   dist/bin/main.js           CommonJS, one file: everything else
 *   dist/workers/*.cjs         what the sandbox's threads run, for the library and the command (build-workers.mjs)
 *
 * CommonJS, because in Node 20 the loader of ES modules alone costs more than all that `list` does (docs/benchmarks.md), and one file
 * each, because files and packages are found and read one after the other. The parts share no state.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { needDependencies } from './need-dependencies.mjs';

needDependencies();
// Here and not above: whatever is imported above is there before anything of this file runs.
const { build } = await import('esbuild');
const { buildWorkers } = await import('./build-workers.mjs');

const root = fileURLToPath(new URL('..', import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

rmSync(`${root}dist`, { recursive: true, force: true });

const types = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (types.status !== 0) process.exit(types.status ?? 1);

/**
 * Commander loads node:child_process for subcommands that are programs of their own. We have none, and it costs milliseconds.
 *
 * @type {import('esbuild').Plugin}
 */
const withoutChildProcess = {
  name: 'without-child-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/commander/') ? { path: 'child_process', namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/**
 * What few containers need of Node, such as threads, loads when it is used: loading it costs milliseconds.
 *
 * @type {import('esbuild').Plugin}
 */
const builtinsWhenUsed = {
  name: 'builtins-when-used',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(fs\/promises|timers\/promises|v8|worker_threads)$/ }, ({ path, namespace }) =>
      namespace === 'when-used' ? { path, external: true } : { path, namespace: 'when-used' },
    );
    onLoad({ filter: /.*/, namespace: 'when-used' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'default');
      return {
        contents: names
          .map((name) => `Object.defineProperty(exports, '${name}', { get: () => require('${path}').${name} });`)
          .join('\n'),
      };
    });
  },
};

/**
 * Installing is the other half's business, and brings all decoders with it. What is imported later is also what esbuild wraps up,
 * with all that it imports, which costs milliseconds.
 *
 * @type {import('esbuild').Plugin}
 */
const withoutInstall = {
  name: 'without-install',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/install\.js$/ }, () => ({ path: './install.js', external: true }));
  },
};

/**
 * The other files of this folder, by `require`: what is imported goes through the loader of ES modules, which reads it twice.
 *
 * @type {import('esbuild').Plugin}
 */
const partsBeside = {
  name: 'parts-beside',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/(oci|typed|main)\.js$/, namespace: 'required' }, ({ path }) => ({
      path,
      external: true,
    }));
    onResolve({ filter: /^\.\/(oci\/index|typed|main)\.js$/ }, ({ path }) => ({
      path: path.replace('/index', ''),
      namespace: 'required',
    }));
    onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: path === './oci.js' ? requireKept(path) : `module.exports = require('${path}');`,
      resolveDir: root,
    }));
  },
};

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  outdir: 'dist/bin',
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  // Names stay as they are: a stack trace that a user reports must mean something.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // Dependencies go in. The toolchains are optional, and huge.
  external: Object.keys(devDependencies),
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl = 'file://' + encodeURI(__filename).replace(/[?#]/g, encodeURIComponent);" },
  logLevel: 'warning',
};

await build({
  ...common,
  entryPoints: { 'wasm-plugin': 'host/cli/bin.ts' },
  plugins: [partsBeside],
});
await build({
  ...common,
  entryPoints: { typed: 'host/cli/typed.ts' },
  plugins: [withoutChildProcess, withoutInstall, partsBeside],
});
await build({
  ...common,
  entryPoints: { oci: 'host/cli/oci/index.ts' },
  plugins: [withoutChildProcess, builtinsWhenUsed, withoutInstall],
});
// What is imported late in it is evaluated late: the sandbox, the engines and the compiler when they are used.
await build({
  ...common,
  entryPoints: { main: 'host/cli/main.ts' },
  plugins: [withoutChildProcess, builtinsWhenUsed],
});
await buildWorkers('dist/workers');
// The package is of ES modules; this folder's .js file is not.
writeFileSync(`${root}dist/bin/package.json`, '{ "type": "commonjs" }\n');
chmodSync(`${root}dist/bin/wasm-plugin.js`, 0o755);

/** With V8's code for it, since every container waits. */
function requireKept(path) {
  return `const { requireKept, storeIn } = require('./host/cli/own-code.ts');
module.exports = requireKept(require, require('node:path').join(__dirname, '${path}'), storeIn(process.argv));`;
}
