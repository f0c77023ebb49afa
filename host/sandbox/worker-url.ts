/** The sandbox's threads: what each of them runs. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PluginError } from '../errors/index.js';

export type WorkerName = 'instance' | 'watchdog';

/** Tests run from the sources; threads run JavaScript, so those have been built into dist/. */
const FROM_SOURCES = import.meta.url.endsWith('.ts');

/**
 * Where the code of a thread is: one self-contained file each (scripts/build-workers.mjs), in dist/workers.
 *
 * That folder stands beside both places that this module is built into, dist/sandbox (the library) and dist/bin (the command).
 *
 * @throws PluginError `THREAD_FAILED` if it is not there: a bundle without it, or no build.
 */
export function workerUrl(name: WorkerName): URL {
  const url = FROM_SOURCES ? new URL(`../../dist/workers/${name}.cjs`, import.meta.url) : besideThisFolder(name);
  // Otherwise an event would tell, which never comes while a guest keeps this thread.
  if (url.protocol === 'file:' && !existsSync(url)) {
    throw new PluginError(
      'THREAD_FAILED',
      `Cannot start a thread for the sandbox: there is no file ${fileURLToPath(url)}`,
      {
        hint: 'Let your bundler copy dist/workers of wasm-plugin, or keep the package outside your bundle.',
      },
    );
  }
  return url;
}

/** Written out, because bundlers look for this very form, and then bring the file along. */
function besideThisFolder(name: WorkerName): URL {
  switch (name) {
    case 'instance':
      return new URL('../workers/instance.cjs', import.meta.url);
    case 'watchdog':
      return new URL('../workers/watchdog.cjs', import.meta.url);
  }
}
