import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoaderName } from './loaders.js';
import type { Package } from './packages.js';

/** One sample in a process of its own. @returns nanoseconds. */
export async function loadInFreshProcess(loader: LoaderName, built: Package): Promise<number> {
  const program = fileURLToPath(new URL('./load-once.mjs', import.meta.url));
  const task = JSON.stringify({ ...built, request: Buffer.from(built.request).toString('base64') });
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, program, loader, task]);
  return Number(stdout);
}
