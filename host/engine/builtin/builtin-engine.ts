/**
 * The builtin engine: containers from the namespaces of the kernel and the tools of util-linux, nothing to install.
 *
 *   admit the config -> run folder -> mount plan -> spawn -> cgroup, limits -> new root -> hooks -> hold -> command
 *
 * Each step either completes or takes everything back. The container's life hangs on this process: `setpriv --pdeathsig` ends the
 * outermost process when the thread that spawned it ends, `unshare --kill-child` ends the container with it, and with the
 * last process go the mounts, which are in a namespace of their own.
 */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOciConfig } from '../../oci/index.js';
import {
  asEngineFailure,
  checkStart,
  cleanupStale,
  createRunDirectory,
  defaultRunBase,
  imageFolder,
  parseMountInfo,
  recordIdMaps,
  spawnOutermost,
  superviseContainer,
  TOOLS_PATH,
  terminalFor,
} from '../common/index.js';
import type { ContainerIo, ContainerSpec, Engine, RunningContainer } from '../engine.js';
import { type Admitted, admitConfig } from './admit.js';
import { containerCommand } from './arguments.js';
import { carriersOf } from './box.js';
import { builtinSteps } from './container-steps.js';
import { formatFstab, formatMounts } from './fstab.js';
import { BASE_DEVICES, planMounts } from './mount-plan.js';

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
    start: (spec, io = {}) => start(spec, io, runBase, uid).catch(asEngineFailure),
  };
}

async function start(spec: ContainerSpec, io: ContainerIo, runBase: string, uid: number): Promise<RunningContainer> {
  checkStart(spec.id);
  const onWarning = io.onWarning ?? (() => undefined);
  const config = parseOciConfig(spec.config);
  const admitted = admitConfig(config, { uid, gid: process.getgid?.() ?? 0 }, onWarning);
  cleanupStale(runBase);
  const run = createRunDirectory(runBase, spec.id);
  const terminal = terminalFor(config, io, onWarning);
  const child = await spawnOutermost(run, io, terminal, () => {
    const steps = fillRunDirectory(run.path, { ...spec, config }, admitted, onWarning);
    return {
      command: containerCommand(config, admitted, run.path, steps, terminal !== undefined),
      env: toolEnvironment(admitted),
    };
  });
  // From here on the end of the process takes the folder with it.
  const supervision = { id: spec.id, config, run, child, terminal, hold: io.hold ?? false, onWarning };
  return superviseContainer(supervision, (life) => builtinSteps(supervision, admitted, life));
}

/** Everything that the mounts need, and the list of them. @returns the number of mount steps. */
function fillRunDirectory(
  runDir: string,
  { rootfs, config }: ContainerSpec,
  admitted: Admitted,
  onWarning: (text: string) => void,
): number {
  const image = imageFolder(rootfs, config.root?.path);
  for (const name of ['root', 'upper', 'work', 'points', 'dev']) {
    mkdirSync(join(runDir, name));
  }
  symlinkSync(image, join(runDir, 'image'));
  if (admitted.idMaps !== undefined) {
    recordIdMaps(runDir, admitted.idMaps);
  }
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
  steps.forEach(({ touch, lines, oneByOne }, index) => {
    if (oneByOne) writeFileSync(join(runDir, `mounts.${index}`), formatMounts(lines));
    else writeFileSync(join(runDir, `fstab.${index}`), formatFstab(lines));
    if (touch.length > 0) {
      writeFileSync(join(runDir, `touch.${index}`), touch.map((path) => `${path}\n`).join(''));
    }
  });
  return steps.length;
}

/** For the tools, which must not see the container's variables: LD_PRELOAD in a config would be code in a privileged process. */
function toolEnvironment({ env }: Admitted): NodeJS.ProcessEnv {
  const carriers = carriersOf(env);
  const values = env.map(([, value], index) => [carriers[index], value] as const);
  return { PATH: TOOLS_PATH, LC_ALL: 'C', ...Object.fromEntries(values) };
}
