/**
 * A podman of a test's own: its roots, its configuration, and a mount namespace in which all of it happens.
 *
 * Whatever podman leaves behind is in that namespace, and is found by it. Settings are those of machines without cgroup v2 or
 * CAP_SYS_RESOURCE, which change nothing on others.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTinyRootfs } from '../../host/engine/index.js';
import { canContain, type Identity, isGone, ORDINARY_UID } from './container.js';
import { cgroupFolders, findProcesses, mountNamespace, removeCgroup, settle } from './leftovers.js';
import { lingering } from './lingering.js';
import { needs } from './need.js';

export const TINY_IMAGE = 'localhost/tiny:1';

export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** More variables of podman; it has PATH, HOME and XDG_RUNTIME_DIR alone. */
  readonly env?: Readonly<Record<string, string>>;
  /** What `sh` shall do first, such as `ulimit -n 512; exec 3</dev/null;`. */
  readonly before?: string;
}

export interface Podman {
  /** Belongs to whoever runs podman; others may read it. Gone after `stop`. */
  readonly folder: string;
  readonly home: string;
  readonly runtimeDir: string;
  /** What our runtime entry keeps here, its log and the states of containers, as the tests see it. */
  readonly state: string;
  /** Run any program as podman is run, and wait. */
  exec(words: readonly string[], options?: RunOptions): Promise<Ran>;
  podman(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** `podman run --rm` of the tiny image without network and control group. */
  run(runtime: string, options: readonly string[], script: string, io?: RunOptions): Promise<Ran>;
  /** Wait until no container and no process of one is left, and tell what is. */
  leftovers(): Promise<readonly string[]>;
  /** End everything and remove every trace. */
  stop(): Promise<void>;
}

/** Whether podman can be used here as `identity`, for `skipIf`. With `CI=true` a machine that cannot is an error. */
export function canPodman(identity: Identity): boolean {
  return canContain('root') && canContain(identity) && ['podman', 'conmon', 'crun'].every(needs);
}

/** crun 1.8 refuses to work beside a cgroup v2 tree that is not the only one. */
const ENTER = `umount /sys/fs/cgroup/unified 2>/dev/null
mount -t tmpfs -o mode=755 tmpfs "$1" || exit 1
for one in $2; do
  mkdir -p "$1$one/upper" "$1$one/work" &&
    mount -t overlay -o "lowerdir=$one,upperdir=$1$one/upper,workdir=$1$one/work" overlay "$one" || exit 1
done
for one in $3; do mkdir -p "$one" && mount -t tmpfs -o mode="$4" tmpfs "$one" || exit 1; done
echo ready; exec cat`;

export interface PodmanOptions {
  /** Text of a file of podman's configuration, read before every drop-in. */
  readonly config?: string;
}

export async function startPodman(identity: Identity, { config = '' }: PodmanOptions = {}): Promise<Podman> {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-podman-'));
  const hadCgroup = cgroupFolders('libpod_parent').length > 0;
  const [home, runtimeDir] = [join(folder, 'home'), join(folder, 'xdg')];
  chmodSync(folder, 0o755);
  mkdirSync(home);
  mkdirSync(runtimeDir, { mode: 0o700 });
  buildTinyRootfs(join(folder, 'rootfs'));
  execFileSync('tar', ['-C', join(folder, 'rootfs'), '--owner=0', '--group=0', '-cf', join(folder, 'tiny.tar'), '.']);
  const conf = `[containers]\ndefault_ulimits = [${limits()}]\n${config}`;
  writeFileSync(join(folder, 'first.conf'), conf);
  // The drop-ins of the whole machine are replaced in the namespace, root's are only there.
  const dropIns = '/etc/containers/containers.conf.d';
  // So is what root's runtime entries keep: other podmans of the machine, and of tests, keep theirs.
  const rootState = '/run/wasm-plugin';
  mkdirSync(join(folder, 'over'));
  // The folders around them, too: one that is made, and removed, outside would be so for every podman that uses it now.
  const box = await enter(
    join(folder, 'over'),
    identity === 'root'
      ? { overlaid: ['/etc', '/run'], replaced: [dropIns, rootState], mode: '700' }
      : { overlaid: [], replaced: existsSync(dropIns) ? [dropIns] : [], mode: '755' },
  );
  const own = join(home, '.config/containers/containers.conf.d');
  if (identity === 'user') {
    for (const path of [folder, home, runtimeDir]) chownSync(path, ORDINARY_UID, ORDINARY_UID);
  }
  const become =
    identity === 'user'
      ? ['setpriv', `--reuid=${ORDINARY_UID}`, `--regid=${ORDINARY_UID}`, '--clear-groups', '--']
      : [];
  const global =
    identity === 'root'
      ? ['--root', 'p/root', '--runroot', 'p/run', '--tmpdir', 'p/tmp', '--storage-driver', 'overlay']
      : ['--storage-driver', 'vfs'];
  const podmanWords = [
    'podman',
    ...global.map((word) => (word.startsWith('p/') ? join(folder, word) : word)),
    ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
  ];

  function exec(words: readonly string[], { input = '', env = {}, before = '' }: RunOptions = {}): Promise<Ran> {
    const inside = [...become, '/bin/sh', '-c', `${before} exec "$@"`, 'exec', ...words];
    const child = spawn('nsenter', ['--target', `${box.pid}`, '--mount', '--wd=/', '--', ...inside], {
      cwd: '/',
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: home,
        XDG_RUNTIME_DIR: runtimeDir,
        ...env,
      },
    });
    const output = { stdout: '', stderr: '' };
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        output[name] += chunk;
      });
    }
    return new Promise((resolve) => child.on('close', (exitCode) => resolve({ exitCode, ...output })));
  }

  const podman: Podman['podman'] = (args, options) => exec([...podmanWords, ...args], options);
  const started: Podman = {
    folder,
    home,
    runtimeDir,
    state: identity === 'root' ? `/proc/${box.pid}/root${rootState}` : join(runtimeDir, 'wasm-plugin'),
    exec,
    podman,
    run: (runtime, options, script, io) =>
      podman(
        [
          '--runtime',
          runtime,
          'run',
          '--rm',
          '--network=none',
          '--cgroups=disabled',
          ...options,
          TINY_IMAGE,
          '/bin/sh',
          '-c',
          lingering(script),
        ],
        io,
      ),
    async leftovers() {
      const { stdout } = await podman(['ps', '--all', '--quiet']);
      const containers = stdout
        .split('\n')
        .filter(Boolean)
        .map((id) => `container ${id}`);
      const processes = await settle(() => processesOf(box.pid, folder));
      return [...containers, ...processes];
    },
    async stop() {
      if (identity === 'user') await podman(['system', 'migrate']);
      await podman(['rm', '--all', '--force', '--time', '0']);
      if (identity === 'user') await podman(['unshare', 'rm', '-rf', join(home, '.local/share/containers')]);
      box.child.stdin?.end();
      await new Promise((resolve) => box.child.once('close', resolve));
      if (!hadCgroup) removeCgroup('libpod_parent');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await exec(['mkdir', '-p', identity === 'root' ? dropIns : own]);
  await exec(['cp', join(folder, 'first.conf'), `${identity === 'root' ? dropIns : own}/0-test.conf`]);
  const imported = await podman(['import', join(folder, 'tiny.tar'), TINY_IMAGE]);
  if (imported.exitCode !== 0) {
    await started.stop();
    throw new Error(`Cannot import the image: ${imported.stderr}`);
  }
  return started;
}

interface Overlays {
  /** Folders whose changes stay in the namespace. */
  readonly overlaid: readonly string[];
  /** Folders that are new and empty there, and their mode. */
  readonly replaced: readonly string[];
  readonly mode: string;
}

/**
 * A namespace that stays as long as its first process, and that no longer than the tests.
 *
 * @param folder - for what is written in overlaid ones.
 */
async function enter(
  folder: string,
  { overlaid, replaced, mode }: Overlays,
): Promise<{ readonly pid: number; readonly child: ChildProcess }> {
  const words = ['--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--propagation', 'private', '--'];
  const child = spawn(
    'setpriv',
    [...words, 'sh', '-c', ENTER, 'enter', folder, overlaid.join(' '), replaced.join(' '), mode],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', () => reject(new Error('Cannot make a mount namespace')));
  });
  return { pid: child.pid as number, child };
}

/** Those in the namespace, and those that name the folder: conmon and monitors do, wherever they are. */
function processesOf(box: number, folder: string): string[] {
  const inside = findProcesses({ mountNamespace: mountNamespace(box) ?? '' }).map(({ pid }) => pid);
  const named = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && commandOf(pid).includes(folder) && !isGone(pid));
  return [...new Set([...inside, ...named])]
    .filter((pid) => pid !== box && !commandOf(pid).startsWith('catatonit'))
    .map((pid) => `process ${pid} ${commandOf(pid)}`);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** podman asks for more than a machine without CAP_SYS_RESOURCE gives. */
function limits(): string {
  const text = readFileSync('/proc/self/limits', 'utf8');
  return [
    ['nofile', /^Max open files\s+\S+\s+(\d+)/m, 20_000] as const,
    ['nproc', /^Max processes\s+\S+\s+(\d+)/m, 30_000] as const,
  ]
    .map(([name, line, most]) => {
      const hard = Math.min(Number(line.exec(text)?.[1] ?? most), most);
      return `"${name}=${hard}:${hard}"`;
    })
    .join(', ');
}
