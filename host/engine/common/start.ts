/** What starting a container has in common, whatever makes it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { isMainThread } from 'node:worker_threads';
import { escapeControls, PluginError, quote } from '../../errors/index.js';
import type { ContainerIo } from '../engine.js';
import { nullDevice } from './inherited-fds.js';

/** @throws PluginError `ENGINE_UNAVAILABLE` off the main thread; `ENGINE_FAILED` for an id with other characters, or too many. */
export function checkStart(id: string): void {
  if (!isMainThread) {
    // The kernel ties --pdeathsig to the thread: the container would die with the worker, or not at all.
    throw new PluginError('ENGINE_UNAVAILABLE', 'Cannot start a container from a worker thread');
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}$/.test(id)) {
    throw new PluginError(
      'ENGINE_FAILED',
      `Cannot use the container id ${quote(id)}: it has other characters, or too many`,
      { hint: 'An id is a letter or digit, then up to 99 letters, digits, dots, hyphens, underscores and plus signs' },
    );
  }
}

/** What the system refuses is a failure of the engine like any other; what else is thrown is a bug and stays as it is. */
export function asEngineFailure(error: unknown): never {
  if (!(error instanceof Error) || error instanceof PluginError || !('syscall' in error)) {
    throw error;
  }
  const tooLong = 'code' in error && error.code === 'E2BIG';
  throw new PluginError('ENGINE_FAILED', `Cannot start the container: ${escapeControls(error.message)}`, {
    cause: error,
    hint: tooLong ? 'Give it fewer or shorter arguments and variables; one may have 128 KiB.' : undefined,
  });
}

/** Wait until `child` runs. @throws PluginError `ENGINE_UNAVAILABLE` if its program, `setpriv`, cannot be run. */
export async function spawned(child: ChildProcess): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new PluginError(
      'ENGINE_UNAVAILABLE',
      `Cannot start a container: setpriv: ${escapeControls(code ?? 'error')}`,
      {
        hint: 'Install util-linux.',
        cause,
      },
    );
  }
}

/** Entry in the `stdio` of a spawn that carries the command's stderr under a number above 2, where Node takes `ignore` for closed. */
export function stderrOf({ stderr = 'inherit' }: ContainerIo): 'pipe' | number {
  if (stderr === 'inherit') return 2;
  return stderr === 'ignore' ? nullDevice() : stderr;
}
