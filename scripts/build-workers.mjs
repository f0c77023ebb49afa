/**
 * Bundle what the sandbox's threads run: one self-contained file each, so that a thread starts fast and a bundler can copy the
 * file as it is. CommonJS, with which a thread starts in 25 ms instead of 32 in Node 20.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} outdir - a folder `workers` beside the one of whatever includes host/sandbox/worker-url.ts. */
export async function buildWorkers(outdir) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    outdir,
    entryPoints: { instance: 'host/sandbox/thread/worker.ts', watchdog: 'host/sandbox/deadline/watchdog.ts' },
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': '__moduleUrl' },
    banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    // Names stay as they are: a stack trace that a user reports must mean something.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) {
    replaceFile(path, contents);
  }
}

/** In one step, and only if something has changed: threads may be starting from it. */
function replaceFile(path, contents) {
  try {
    if (readFileSync(path).equals(contents)) return;
  } catch {
    // There is none yet.
  }
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
