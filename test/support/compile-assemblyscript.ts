import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// Bundles of the benchmarks stand as deep as this file.
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OPTIONS = ['--runtime', 'minimal', '--optimizeLevel', '3'];

/** Exported name in the source -> names in the module. AssemblyScript cannot spell a component's export names. */
export type Renames = Readonly<Record<string, readonly string[]>>;

/**
 * Compile one AssemblyScript file to a core module, without the SDK.
 *
 * @param entry - relative to the repository.
 * @param options - more of the compiler's command line.
 */
export async function compileAssemblyScript(
  entry: string,
  renames: Renames,
  options: readonly string[],
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'asc-'));
  try {
    const outFile = join(folder, 'a.wasm');
    const script = join(ROOT, 'test/support/run-asc.mjs');
    const target = ['--baseDir', ROOT, '--outFile', relative(ROOT, outFile), ...OPTIONS];
    const args = [script, JSON.stringify(renames), entry, ...target, ...options];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    return new Uint8Array(await readFile(outFile));
  } finally {
    await rm(folder, { recursive: true });
  }
}
