import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The command of the sources that are tested, as a package of its own in `folder`: for programs that start it by themselves.
 *
 * Not the one in dist/, which is as old as the last build. It cannot compile plugins, whose toolchains stay outside.
 *
 * @returns the path of the program.
 */
export function buildCommand(folder: string): string {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const bin = join(folder, 'dist/bin');
  mkdirSync(bin, { recursive: true });
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: { 'wasm-plugin': 'host/cli/bin.ts' },
    outdir: bin,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    external: Object.keys(devDependencies),
    define: { 'import.meta.url': '__moduleUrl' },
    banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'dist/package.json'), '{ "type": "commonjs" }\n');
  // Built before any test (setup-workers.ts).
  cpSync(join(ROOT, 'dist/workers'), join(folder, 'dist/workers'), { recursive: true });
  const path = join(bin, 'wasm-plugin.js');
  chmodSync(path, 0o755);
  return path;
}
