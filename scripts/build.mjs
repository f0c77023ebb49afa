/**
 * `npm run build`: the library to dist/, and the command to dist/bin/.
 *
 *   dist/bin/wasm-plugin.js    CommonJS: decides by the first word which of the next two runs
 *   dist/bin/typed.js          CommonJS, one file: `list`, `inspect NAME` and help, which start almost as fast as Node itself
 *   dist/bin/oci.js            CommonJS, one file: what other engines start for each of their containers
 *   dist/bin/main.mjs, …       everything else, split: the sandbox, the engines and the compiler load when they are used
 *   dist/workers/*.cjs         what the sandbox's threads run, for the library and the command (build-workers.mjs)
 *
 * CommonJS, because in Node 20 the loader of ES modules alone costs more than all that `list` does (docs/benchmarks.md).
 * The parts share no state.
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
const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

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

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  outdir: 'dist/bin',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // Names stay as they are: a stack trace that a user reports must mean something.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // Commander goes in: one file is found and read faster than a package. The toolchains are optional, and huge.
  external: Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name !== 'commander'),
  logLevel: 'warning',
};

/** @type {import('esbuild').BuildOptions} */
const oneFile = {
  ...common,
  format: 'cjs',
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl = 'file://' + encodeURI(__filename).replace(/[?#]/g, encodeURIComponent);" },
};

await build({
  ...oneFile,
  entryPoints: { 'wasm-plugin': 'host/cli/bin.ts' },
  plugins: [{ name: 'parts-beside', setup: requireParts }],
});
await build({
  ...oneFile,
  entryPoints: { typed: 'host/cli/typed.ts' },
  plugins: [withoutChildProcess, { name: 'the-other-half', setup: keepMainOutside }],
});
// With its dependencies, which are read faster so.
await build({
  ...oneFile,
  entryPoints: { oci: 'host/cli/oci/index.ts' },
  external: Object.keys(devDependencies),
  plugins: [withoutChildProcess, builtinsWhenUsed, { name: 'without-install', setup: keepInstallOutside }],
});
await build({
  ...common,
  entryPoints: { main: 'host/cli/main.ts' },
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  // Flat, so that what is found relative to a module is found relative to a chunk too.
  chunkNames: '[name]-[hash]',
  plugins: [withoutChildProcess],
  // Commander is CommonJS and asks for Node's modules in its own way. Under names that no module of ours declares again.
  banner: {
    js: "import { createRequire as bannerRequire } from 'node:module'; const require = bannerRequire(import.meta.url);",
  },
});
await buildWorkers('dist/workers');
// The package is of ES modules; this folder's .js file is not.
writeFileSync(`${root}dist/bin/package.json`, '{ "type": "commonjs" }\n');
chmodSync(`${root}dist/bin/wasm-plugin.js`, 0o755);

/** @param {import('esbuild').PluginBuild} build */
function keepMainOutside(build) {
  keepInstallOutside(build);
  build.onResolve({ filter: /^\.\/main\.js$/ }, () => ({ path: './main.mjs', external: true }));
}

/**
 * Installing is the other half's business, and brings all decoders with it. What is imported later is also what esbuild wraps up,
 * with all that it imports, which costs milliseconds.
 *
 * @param {import('esbuild').PluginBuild} build
 */
function keepInstallOutside({ onResolve }) {
  onResolve({ filter: /^\.\/install\.js$/ }, () => ({ path: './install.js', external: true }));
}

/**
 * By `require`: what is imported goes through the loader of ES modules, which reads it twice.
 *
 * @param {import('esbuild').PluginBuild} build
 */
function requireParts({ onResolve, onLoad }) {
  onResolve({ filter: /^\.\/(oci|typed)\.js$/, namespace: 'required' }, ({ path }) => ({ path, external: true }));
  onResolve({ filter: /^\.\/(oci\/index|typed)\.js$/ }, ({ path }) => ({
    path: path.includes('oci') ? './oci.js' : './typed.js',
    namespace: 'required',
  }));
  onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
    contents: path.includes('oci') ? requireKept(path) : `module.exports = require('${path}');`,
    resolveDir: root,
  }));
}

/** With V8's code for it, since every container waits. */
function requireKept(path) {
  return `const { requireKept, storeIn } = require('./host/cli/own-code.ts');
module.exports = requireKept(require, require('node:path').join(__dirname, '${path}'), storeIn(process.argv));`;
}
