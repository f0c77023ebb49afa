/**
 * A containerd of a test's own: its folders, sockets and `/run` belong to it alone, so it meets neither the machine's nor that of
 * another test file.
 *
 * Shims, containers and everything that a runtime starts live in its mount namespace or in its control group. By these two
 * they are found again, whoever is their parent now.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { TOOLS_PATH } from '../../host/engine/common/index.js';
import { canContain } from './container.js';
import { cgroupChildren, findProcesses, mountNamespace, mountPoints, removeCgroup, settle } from './leftovers.js';
import { needs } from './need.js';
import { PAUSE_IMAGE, type TinyImages, writeTinyImages } from './oci-archive.js';

/** The namespace in which the CRI plugin keeps what is Kubernetes'. */
export const CRI_NAMESPACE = 'k8s.io';

const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 30_000;

export interface ContainerdOptions {
  /** Where a handler's runtime is, by the handler's name: what `runtime_handler` may be. */
  readonly handlers?: Readonly<Record<string, string>>;
  /**
   * Shell commands in its mount namespace before it starts; `$CONFIG` is its config file, which they may change. What they write
   * to /etc, /opt and /var/lib is seen by it and what it starts alone, and is gone with it.
   */
  readonly prepare?: string;
  /** More variables of the daemon, and so of every shim and runtime. It has PATH and HOME alone. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Containerd {
  /** Everything of it is in here, and scripts of tests may be. Others may read it. Gone after `stop`. */
  readonly folder: string;
  readonly socket: string;
  readonly images: TinyImages;
  readonly pid: number;
  /** The namespace in which `ctr` works, and the control group above its containers; pods should use it, too. */
  readonly namespace: string;
  /** Run `ctr` in that namespace, or in another with `-n`, and wait. */
  ctr(...args: readonly string[]): Promise<Ran>;
  /** What the daemon has said so far. */
  log(): string;
  /**
   * Wait until nothing of a container is left, for at most `timeoutMs` (60 seconds), and tell what is: one line for each thing,
   * `process`, `mount`, `cgroup` or `folder` first. The daemon runs on.
   */
  leftovers(timeoutMs?: number): Promise<readonly string[]>;
  /** End it and all that it has started, and remove every trace. @throws Error if something cannot be ended. */
  stop(): Promise<void>;
}

/** Whether containerd can be run here, for `skipIf`. With `CI=true` a machine that cannot is an error. */
export function canContainerd(): boolean {
  return canContain('root') && ['containerd', 'ctr', 'runc'].every(needs);
}

/** Start a containerd, wait until it answers, and import `TINY_IMAGE` and `PAUSE_IMAGE`. */
export async function startContainerd(options: ContainerdOptions = {}): Promise<Containerd> {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-containerd-'));
  chmodSync(folder, 0o755);
  const daemon = new Daemon(folder, options);
  try {
    await daemon.start();
    return daemon;
  } catch (error) {
    await daemon.stop();
    throw error;
  }
}

/**
 * Its own /run: what the daemon, its shims and runtimes write there is gone with the namespace. What the machine has there can
 * be read, since /etc/resolv.conf may lead there. crun 1.8 refuses to work beside a cgroup v2 tree that is not the only one.
 */
const ENTER = `set -e
export CONFIG=$2
mount -t tmpfs -o mode=700 tmpfs "$1"
own() {
  mkdir -m 755 -p "$1$2/upper" "$1$2/work"
  mount -t overlay -o "lowerdir=$2,upperdir=$1$2/upper,workdir=$1$2/work" overlay "$2"
}
own "$1" /run
umount /sys/fs/cgroup/unified 2>/dev/null || :
if [ -n "$3" ]; then
  for folder in /etc /opt /var/lib; do own "$1" "$folder"; done
  sh -euc "$3" prepare </dev/null
fi
exec containerd --config "$CONFIG"`;

class Daemon implements Containerd {
  readonly folder: string;
  readonly socket: string;
  readonly namespace: string;
  readonly images: TinyImages;
  readonly #options: ContainerdOptions;
  #process: ChildProcess | undefined;
  #mountNamespace: string | undefined;
  #ownMounts: ReadonlySet<string> = new Set();

  constructor(folder: string, options: ContainerdOptions) {
    this.folder = folder;
    this.socket = join(folder, 'containerd.sock');
    this.namespace = basename(folder);
    this.images = writeTinyImages(folder);
    this.#options = options;
  }

  get pid(): number {
    return this.#process?.pid as number;
  }

  async start(): Promise<void> {
    const config = join(this.folder, 'config.toml');
    const { handlers = {}, prepare = '', env = {} } = this.#options;
    writeFileSync(config, configText(this.folder, this.socket, handlers));
    mkdirSync(join(this.folder, 'run'));

    const log = openSync(join(this.folder, 'log'), 'a');
    const enter = [
      '--mount',
      '--propagation',
      'private',
      '--',
      'sh',
      '-c',
      ENTER,
      'enter',
      join(this.folder, 'run'),
      config,
      prepare,
    ];
    // Should the tests be killed, it ends with them.
    this.#process = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'unshare', ...enter], {
      stdio: ['ignore', log, log],
      env: { PATH: TOOLS_PATH, HOME: '/root', ...env },
      cwd: '/',
    });
    closeSync(log);

    const end = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#answers())) {
      if (Date.now() > end || hasEnded(this.#process)) {
        throw new Error(`containerd does not answer: ${this.log()}`);
      }
      await pause(50);
    }
    this.#mountNamespace = mountNamespace(this.pid);
    this.#ownMounts = new Set(mountPoints(this.pid));

    await this.#import(this.namespace, this.images.tiny);
    await this.#import(CRI_NAMESPACE, this.images.tiny);
    await this.#import(CRI_NAMESPACE, this.images.pause);
  }

  async ctr(...args: readonly string[]): Promise<Ran> {
    // In the daemon's namespace, since the two pass a container's streams through pipes in /run.
    // By variables, which `-n` may override; two flags it would refuse.
    const env = { CONTAINERD_ADDRESS: this.socket, CONTAINERD_NAMESPACE: this.namespace };
    return run('nsenter', ['-t', `${this.pid}`, '-m', '--', 'ctr', ...args], env);
  }

  log(): string {
    return existsSync(join(this.folder, 'log')) ? readFileSync(join(this.folder, 'log'), 'utf8') : '';
  }

  leftovers(timeoutMs?: number): Promise<readonly string[]> {
    return settle(() => this.#leftovers(), timeoutMs);
  }

  #leftovers(): string[] {
    return [
      ...this.#processes().map(({ pid, command }) => `process ${pid}: ${command}`),
      ...mountPoints(this.pid)
        .filter((path) => !this.#ownMounts.has(path))
        .map((path) => `mount: ${path}`),
      ...mountPoints('self')
        .filter((path) => path.startsWith(this.folder))
        .map((path) => `mount outside: ${path}`),
      ...cgroupChildren(this.namespace).map((name) => `cgroup: ${name}`),
      ...this.#folders().map((path) => `folder: ${path}`),
    ];
  }

  async stop(): Promise<void> {
    const daemon = this.#process;
    if (daemon !== undefined) {
      // First, so that it does not tend to what ends next.
      daemon.kill('SIGTERM');
      const end = Date.now() + STOP_TIMEOUT_MS;
      while (!hasEnded(daemon) && Date.now() < end) {
        await pause(20);
      }
      daemon.kill('SIGKILL');
      const left = await settle(() => {
        const found = this.#processes();
        for (const { pid } of found) kill(pid);
        return found;
      });
      if (left.length > 0) {
        throw new Error(`Cannot end ${JSON.stringify(left)}`);
      }
    }
    // A process that has just ended may hold its group for a moment.
    const groups = await settle(() => removeCgroup(this.namespace));
    if (groups.length > 0) {
      throw new Error(`Cannot remove ${groups.join(', ')}`);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    return existsSync(this.socket) && (await this.ctr('version')).exitCode === 0;
  }

  async #import(namespace: string, archive: string): Promise<void> {
    const { exitCode, stderr } = await this.ctr('-n', namespace, 'images', 'import', archive);
    if (exitCode !== 0) {
      throw new Error(`Cannot import ${archive}: ${stderr}`);
    }
  }

  /** All but the daemon itself. */
  #processes() {
    const traits = {
      cgroup: this.namespace,
      ...(this.#mountNamespace !== undefined && { mountNamespace: this.#mountNamespace }),
    };
    return findProcesses(traits).filter(({ pid }) => pid !== this.pid);
  }

  /** Folders and sockets that are one container's or one shim's. */
  #folders(): string[] {
    const state = join(this.folder, 'state');
    const run = join('/proc', `${this.pid}`, 'root/run/containerd');
    const perNamespace = [
      join(state, 'io.containerd.runtime.v2.task'),
      join(this.folder, 'root/io.containerd.runtime.v2.task'),
      join(run, 'runc'),
    ].flatMap((path) => entries(path));
    const flat = [
      join(state, 'io.containerd.grpc.v1.cri/containers'),
      join(state, 'io.containerd.grpc.v1.cri/sandboxes'),
      join(run, 'fifo'),
      join(run, 's'),
    ];
    return [...perNamespace, ...flat].flatMap((path) => entries(path));
  }
}

/** A string of TOML is written like one of JSON. */
function configText(folder: string, socket: string, handlers: Readonly<Record<string, string>>): string {
  const text = (value: string) => JSON.stringify(value);
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const runtimes = Object.entries(handlers).flatMap(([name, binary]) => [
    `[${cri}.containerd.runtimes.${text(name)}]`,
    '  runtime_type = "io.containerd.runc.v2"',
    '  pod_annotations = ["wasm-plugin/*"]',
    '  container_annotations = ["wasm-plugin/*"]',
    `  options = {BinaryName = ${text(binary)}}`,
  ]);
  return [
    'version = 2',
    `root = ${text(join(folder, 'root'))}`,
    `state = ${text(join(folder, 'state'))}`,
    // It makes folders in /opt.
    `disabled_plugins = ["io.containerd.internal.v1.opt"]`,
    `[grpc]`,
    `  address = ${text(socket)}`,
    `[ttrpc]`,
    `  address = ${text(`${socket}.ttrpc`)}`,
    `[${cri}]`,
    `  sandbox_image = ${text(PAUSE_IMAGE)}`,
    '  disable_tcp_service = true',
    // A machine may lack CAP_SYS_RESOURCE.
    '  restrict_oom_score_adj = true',
    // Without the default one it does not start, whatever the others are.
    `[${cri}.containerd.runtimes.runc]`,
    '  runtime_type = "io.containerd.runc.v2"',
    ...runtimes,
    '',
  ].join('\n');
}

function entries(path: string): string[] {
  return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function run(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env: { PATH: TOOLS_PATH, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
