/** What starting a container has in common, whatever makes it. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isMainThread } from 'node:worker_threads';
import { escapeControls, PluginError, quote } from '../../errors/index.js';
import type { ContainerIo } from '../engine.js';
import { coverInheritedFds, nullDevice } from './inherited-fds.js';
import type { RunDirectory } from './run-directory.js';
import type { Terminal } from './terminal.js';

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
async function spawned(child: ChildProcess): Promise<void> {
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
function stderrOf({ stderr = 'inherit' }: ContainerIo): 'pipe' | number {
  if (stderr === 'inherit') return 2;
  return stderr === 'ignore' ? nullDevice() : stderr;
}

export interface OutermostProcess {
  /** Its arguments begin with the tool that ties the container's life to ours. */
  readonly command: readonly [file: string, ...args: string[]];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Spawn the outermost process of a container: errors of the setup on 2, the channel on 3, the command's stderr on 4.
 *
 * @param make - fills the run's folder; whatever it throws, the folder goes, as it does if the process cannot be spawned.
 * @param terminal - where the command has one of its own.
 */
export async function spawnOutermost(
  run: RunDirectory,
  io: ContainerIo,
  terminal: Terminal | undefined,
  make: () => OutermostProcess,
): Promise<ChildProcess> {
  try {
    const {
      command: [file, ...args],
      env,
    } = make();
    const child = spawn(file, args, {
      cwd: '/',
      // An own session: a container in ours could type into our terminal, and a Ctrl-C would reach it twice. One with a
      // terminal has an own session inside, and what carries keys to it must be told when ours is resized.
      detached: terminal === undefined,
      env,
      stdio: [io.stdin ?? 'inherit', io.stdout ?? 'inherit', 'pipe', 'pipe', stderrOf(io), ...coverInheritedFds()],
    });
    await spawned(child);
    return child;
  } catch (error) {
    try {
      run.remove();
    } catch (leftBehind) {
      io.onWarning?.(`the folder of the run is left behind: ${(leftBehind as Error).message}`);
    }
    throw error;
  }
}
