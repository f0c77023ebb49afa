/**
 * The builtin engine: containers from the namespaces of the kernel and the tools of util-linux, nothing to install.
 *
 *   admit the config -> run folder -> mount plan -> spawn -> cgroup, limits -> new root -> hooks -> hold -> command
 *
 * Each step either completes or takes everything back. The container's life hangs on this process: `setpriv --pdeathsig` ends the
 * outermost process when the thread that spawned it ends, `unshare --kill-child` ends the container with it, and with the
 * last process go the mounts, which are in a namespace of their own.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { isMainThread } from 'node:worker_threads';
import { escapeControls, PluginError, quote } from '../../errors/index.js';
import { parseOciConfig } from '../../oci/index.js';
import type { RunDirectory } from '../common/index.js';
import {
  cleanupStale,
  coverInheritedFds,
  createCgroup,
  createRunDirectory,
  defaultRunBase,
  parseMountInfo,
  TOOLS_PATH,
} from '../common/index.js';
import type { ContainerIo, ContainerSpec, Engine, RunningContainer } from '../engine.js';
import { type Admitted, admitConfig } from './admit.js';
import { containerCommand } from './arguments.js';
import { formatFstab } from './fstab.js';
import { BASE_DEVICES, planMounts } from './mount-plan.js';
import { superviseContainer } from './running-container.js';

export interface BuiltinEngineOptions {
  /** Folder for the folders of runs, of ours alone. Default as `defaultRunBase`. */
  readonly runBase?: string;
}

const DEV_LINKS: readonly (readonly [name: string, target: string])[] = [
  ['fd', '/proc/self/fd'],
  ['stdin', 'fd/0'],
  ['stdout', 'fd/1'],
  ['stderr', 'fd/2'],
  ['ptmx', 'pts/ptmx'],
];

/**
 * Make the engine. It keeps no state between containers.
 *
 * `start` also removes what earlier runs left behind when they were killed.
 */
export function createBuiltinEngine(options: BuiltinEngineOptions = {}): Engine {
  const uid = process.getuid?.() ?? 0;
  const runBase = options.runBase ?? defaultRunBase(process.env.XDG_RUNTIME_DIR, tmpdir(), uid);
  return {
    name: 'builtin',
    start: (spec, io = {}) => start(spec, io, runBase, uid).catch(failed),
  };
}

async function start(spec: ContainerSpec, io: ContainerIo, runBase: string, uid: number): Promise<RunningContainer> {
  if (!isMainThread) {
    // The kernel ties --pdeathsig to the thread: the container would die with the worker, or not at all.
    throw new PluginError('ENGINE_UNAVAILABLE', 'Cannot start a container from a worker thread');
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}$/.test(spec.id)) {
    throw new PluginError(
      'ENGINE_FAILED',
      `Cannot use the container id ${quote(spec.id)}: it has other characters, or too many`,
    );
  }
  const onWarning = io.onWarning ?? (() => undefined);
  const config = parseOciConfig(spec.config);
  const admitted = admitConfig(config, uid, onWarning);
  cleanupStale(runBase);
  const run = createRunDirectory(runBase, spec.id);
  const child = await spawnIn(run, { ...spec, config }, io, admitted, onWarning);
  // From here on the end of the process takes the folder with it.
  return superviseContainer({
    id: spec.id,
    config,
    admitted,
    run,
    child,
    streams: {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: (child.stdio[4] as Duplex | null | undefined) ?? null,
    },
    createCgroup: () => createCgroup(spec.id, config.linux?.resources ?? {}, onWarning),
    hold: io.hold ?? false,
    onWarning,
  });
}

async function spawnIn(
  run: RunDirectory,
  spec: ContainerSpec,
  io: ContainerIo,
  admitted: Admitted,
  onWarning: (text: string) => void,
): Promise<ChildProcess> {
  try {
    const steps = fillRunDirectory(run.path, spec, admitted, onWarning);
    const [file, ...args] = containerCommand(spec.config, admitted, run.path, steps);
    const child = spawn(file, args, {
      cwd: '/',
      // An own session: a container in ours could type into our terminal, and a Ctrl-C would reach it twice.
      detached: true,
      env: toolEnvironment(admitted),
      stdio: [io.stdin ?? 'inherit', io.stdout ?? 'inherit', 'pipe', 'pipe', stderrOf(io), ...coverInheritedFds()],
    });
    await spawned(child);
    return child;
  } catch (error) {
    try {
      run.remove();
    } catch (leftBehind) {
      onWarning(`the folder of the run is left behind: ${(leftBehind as Error).message}`);
    }
    throw error;
  }
}

/** What the system refuses is a failure of the engine like any other; what else is thrown is a bug and stays as it is. */
function failed(error: unknown): never {
  if (!(error instanceof Error) || error instanceof PluginError || !('syscall' in error)) {
    throw error;
  }
  const tooLong = 'code' in error && error.code === 'E2BIG';
  throw new PluginError('ENGINE_FAILED', `Cannot start the container: ${escapeControls(error.message)}`, {
    cause: error,
    hint: tooLong ? 'Give it fewer or shorter arguments and variables; one may have 128 KiB.' : undefined,
  });
}

/** Everything that the mounts need, and the list of them. @returns the number of mount steps. */
function fillRunDirectory(
  runDir: string,
  { rootfs, config }: ContainerSpec,
  admitted: Admitted,
  onWarning: (text: string) => void,
): number {
  const image = realImage(rootfs);
  const asked = config.root?.path;
  // A relative path is relative to a bundle, which we do not have; an absolute one must mean the same image.
  if (asked?.startsWith('/') === true && realImage(asked) !== image) {
    throw new PluginError(
      'CONFIG_INVALID',
      `Cannot run the container: root.path is ${quote(asked)}, the image is ${quote(rootfs)}`,
    );
  }
  for (const name of ['root', 'upper', 'work', 'points', 'dev']) {
    mkdirSync(join(runDir, name));
  }
  symlinkSync(image, join(runDir, 'image'));
  const dev = join(runDir, 'dev');
  chmodSync(dev, 0o755);
  for (const name of BASE_DEVICES) {
    writeFileSync(join(dev, name), '');
  }
  for (const [name, target] of DEV_LINKS) {
    symlinkSync(target, join(dev, name));
  }
  writeFileSync(join(runDir, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  const steps = planMounts({
    config,
    rootfs: image,
    runDir,
    hostMounts: parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')),
    userNamespace: admitted.namespaces.has('user'),
    onWarning,
  });
  steps.forEach(({ touch, lines }, index) => {
    writeFileSync(join(runDir, `fstab.${index}`), formatFstab(lines));
    if (touch.length > 0) {
      writeFileSync(join(runDir, `touch.${index}`), touch.map((path) => `${path}\n`).join(''));
    }
  });
  return steps.length;
}

function realImage(rootfs: string): string {
  try {
    const image = realpathSync(rootfs);
    if (statSync(image).isDirectory()) {
      return image;
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw imageUnsupported(rootfs, code === 'ENOENT' ? 'there is no such folder' : code, cause);
  }
  throw imageUnsupported(rootfs, 'it is not a folder');
}

function imageUnsupported(rootfs: string, why: string, cause?: unknown): PluginError {
  return new PluginError('IMAGE_UNSUPPORTED', `Cannot use the image ${quote(rootfs)}: ${why}`, {
    cause,
    hint: 'In this version an image is a folder with a root file system, as "apptainer build --sandbox" or "podman export" make one.',
  });
}

/** For the tools, which must not see the container's variables: LD_PRELOAD in a config would be code in a privileged process. */
function toolEnvironment({ env }: Admitted): NodeJS.ProcessEnv {
  const carriers = env.map(([, value], index) => [`WP_ENV_${index}`, value] as const);
  return { PATH: TOOLS_PATH, LC_ALL: 'C', ...Object.fromEntries(carriers) };
}

function stderrOf({ stderr = 'inherit' }: ContainerIo): 'pipe' | 'ignore' | number {
  return stderr === 'inherit' ? 2 : stderr;
}

async function spawned(child: ReturnType<typeof spawn>): Promise<void> {
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
