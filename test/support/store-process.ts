/** Starts test/support/store-child.ts in processes of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';

let folder = '';

/** Bundle the child once for a test file. */
export function useStoreProcesses(): void {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-child-'));
    await build({
      entryPoints: [fileURLToPath(new URL('store-child.ts', import.meta.url))],
      outfile: join(folder, 'child.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      // What the bundle takes from CommonJS packages asks for it.
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      logLevel: 'error',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}

export interface StoreProcess {
  /** Resolves to `ok`, the signal that ended it, or what it wrote to stderr. */
  readonly ended: Promise<string>;
  kill(): void;
}

export function startProcess(...words: readonly (string | number)[]): StoreProcess {
  const child = spawn(process.execPath, [join(folder, 'child.mjs'), JSON.stringify(words.map(String))], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  return {
    ended: new Promise((resolve) => {
      child.on('close', (code, signal) => resolve(signal ?? (code === 0 ? 'ok' : stderr)));
    }),
    kill: () => child.kill('SIGKILL'),
  };
}
