/**
 * Engines over an installed OCI runtime, crun or runc.
 *
 *   admit the config -> run folder with a bundle -> spawn -> overlay -> runtime: create -> cgroup, hooks -> hold -> start
 *
 * What is promised is what the builtin engine promises: the image is never written, and nothing is left behind however we end.
 * The runtime adds what util-linux cannot do: seccomp, security modules, sysctls, hooks inside the container.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import { parseOciConfig } from '../../oci/index.js';
import type { IdMaps, OutermostProcess, Terminal } from '../common/index.js';
import {
  asEngineFailure,
  checkStart,
  cleanupStale,
  createRunDirectory,
  defaultRunBase,
  findTool,
  imageFolder,
  spawnOutermost,
  superviseContainer,
  TOOLS_PATH,
  terminalFor,
} from '../common/index.js';
import type { ContainerIo, ContainerSpec, Engine, RunningContainer } from '../engine.js';
import type { RuntimeKind } from './admit.js';
import { admitForRuntime } from './admit.js';
import { BOX, SCRIPT_NAME } from './box.js';
import { overlayOptions, writeBundle } from './bundle.js';
import { runtimeSteps } from './container-steps.js';

export interface RuntimeEngineOptions {
  /** Absolute path of the runtime's program. Default: found by name where system tools live. */
  readonly path?: string;
  /** Folder for the folders of runs, of ours alone. Default as `defaultRunBase`. */
  readonly runBase?: string;
  /** For each of the runtime's two steps, to make a container and to start its command; hooks of the config come on top. Default 120 000. */
  readonly stepTimeoutMs?: number;
}

const DEFAULT_STEP_TIMEOUT_MS = 120_000;

/** How each runtime is told to leave cgroups alone, and what the box does to `/sys/fs/cgroup` for that. */
const NO_CGROUPS: Readonly<Record<RuntimeKind, { readonly option: string; readonly box: 'hide' | 'protect' }>> = {
  crun: { option: '--cgroup-manager=disabled', box: 'hide' },
  runc: { option: '--rootless=true', box: 'protect' },
};

/**
 * Make the engine. It keeps no state between containers.
 *
 * `start` also removes what earlier runs left behind when they were killed.
 */
export function createRuntimeEngine(kind: RuntimeKind, options: RuntimeEngineOptions = {}): Engine {
  const uid = process.getuid?.() ?? 0;
  const runBase = options.runBase ?? defaultRunBase(process.env.XDG_RUNTIME_DIR, tmpdir(), uid);
  const { stepTimeoutMs = DEFAULT_STEP_TIMEOUT_MS } = options;
  return {
    name: kind,
    async start(spec, io = {}) {
      const path = options.path ?? findTool(kind);
      if (path === undefined || !isProgram(path)) {
        const why = path === undefined ? 'it is not installed' : `${quote(path)} is no program`;
        throw new PluginError('ENGINE_UNAVAILABLE', `Cannot use the engine ${kind}: ${why}`, {
          hint: `Install ${kind}, or use another engine: wasm-plugin doctor`,
        });
      }
      return start({ kind, path, runBase, uid, stepTimeoutMs }, spec, io).catch(asEngineFailure);
    },
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

interface Setting {
  readonly kind: RuntimeKind;
  readonly path: string;
  readonly runBase: string;
  readonly uid: number;
  readonly stepTimeoutMs: number;
}

async function start(setting: Setting, spec: ContainerSpec, io: ContainerIo): Promise<RunningContainer> {
  checkStart(spec.id);
  const { kind, uid, runBase, stepTimeoutMs } = setting;
  const onWarning = io.onWarning ?? (() => undefined);
  const config = parseOciConfig(spec.config);
  const idMaps = admitForRuntime(kind, config, { uid, gid: process.getgid?.() ?? 0 }, onWarning);
  const terminal = terminalFor(config, io, onWarning);
  if (terminal !== undefined && kind === 'crun') {
    // 1.8 ends without reading what the command wrote last, and passes on no change of the size.
    throw new PluginError('ENGINE_UNAVAILABLE', 'Cannot give the container a terminal with crun: it loses output', {
      hint: 'Use the engine builtin or runc.',
    });
  }
  cleanupStale(runBase);
  const run = createRunDirectory(runBase, spec.id);
  const logFile = join(run.path, 'log');
  const child = await spawnOutermost(run, io, terminal, () =>
    outermost(run.path, { ...setting, idMaps, terminal }, { ...spec, config }, logFile, onWarning),
  );
  // From here on the end of the process takes the folder with it.
  const supervision = { id: spec.id, config, run, child, terminal, hold: io.hold ?? false, onWarning };
  const own = { name: kind, logFile, idMaps, stepTimeoutMs };
  return superviseContainer(supervision, (life) => runtimeSteps(supervision, own, life));
}

function outermost(
  runDir: string,
  {
    kind,
    path,
    uid,
    idMaps,
    terminal,
  }: Setting & {
    readonly idMaps: IdMaps | undefined;
    readonly terminal: Terminal | undefined;
  },
  { id, rootfs, config }: ContainerSpec,
  logFile: string,
  onWarning: (text: string) => void,
): OutermostProcess {
  const rootless = uid !== 0;
  const image = imageFolder(rootfs, config.root?.path);
  writeBundle({ kind, config, image, runDir, rootless, idMaps, terminal, onWarning });
  const { option, box } = NO_CGROUPS[kind];
  const ids = idMaps === undefined ? '--map-root-user' : '--keep-caps';
  const namespaces = [...(rootless ? ['--user', ids] : []), '--mount', '--pid', '--fork'];
  const boxArguments = [runDir, box, overlayOptions(rootless), idMaps === undefined ? '' : 'wait'];
  const runtime = [path, '--root', join(runDir, 'state'), option, '--log', logFile, '--log-format', 'json'];
  return {
    command: [
      'setpriv',
      ...['--pdeathsig', 'KILL', '--', 'unshare', ...namespaces, '--kill-child', '--propagation', 'private', '--'],
      ...['/bin/sh', '-c', BOX, SCRIPT_NAME, ...boxArguments],
      ...[...runtime, 'run', '--bundle', runDir, id],
    ],
    // Nothing of the config's, which would be code in a privileged process, and nothing of the caller's.
    env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
  };
}
