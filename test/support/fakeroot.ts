/**
 * An ordinary user with ids of their own, in a mount namespace with a copy of /etc: nothing of the machine is changed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTinyRootfs } from '../../host/engine/index.js';
import { buildCommand } from './built-command.js';
import { buildDriver, canContain } from './container.js';
import type { DriverEvent, DriverOrder } from './container-driver.js';
import { needs } from './need.js';

export const SUBUSER = { uid: 4321, gid: 4322, name: 'subuser' } as const;

export interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Files of `/etc` for one run, by name; undefined hides a program, by path. */
export interface RunOptions {
  readonly etc?: Readonly<Record<string, string>>;
  readonly hidden?: readonly string[];
  /** Root runs it. */
  readonly asRoot?: boolean;
}

export interface SubuserWorkshop {
  readonly folder: string;
  /** With programs to work on owners. */
  readonly image: string;
  /** A folder of the user's. */
  readonly volume: string;
  /** Where runs have their folders. */
  readonly runBase: string;
  run(args: readonly string[], options?: RunOptions): Promise<Result>;
  /** Run a container of any config on an engine. */
  drive(order: Omit<DriverOrder, 'rootfs'>): Promise<Result & { readonly events: readonly DriverEvent[] }>;
  /** End the run with SIGKILL as soon as its container has printed something. */
  killed(args: readonly string[]): Promise<Result>;
  dispose(): void;
}

/** Whether this machine can show it; the reason why not is printed. */
export function canMapIds(): boolean {
  const tools = needs('newuidmap') && needs('newgidmap');
  return canContain('root') && canContain('user') && tools;
}

export function createSubuserWorkshop(): SubuserWorkshop {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-fakeroot-'));
  chmodSync(folder, 0o755);
  const [image, etc, volume, temporary] = ['image', 'etc', 'volume', 'tmp'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  buildTinyRootfs(image, ['cat', 'chmod', 'chown', 'id', 'ls', 'mkdir', 'sleep', 'stat', 'touch']);
  const bin = buildCommand(join(folder, 'command'));
  const driver = buildDriver(folder);
  for (const path of [volume, temporary]) {
    mkdirSync(path);
    chownSync(path, SUBUSER.uid, SUBUSER.gid);
  }
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
  // What the machine keeps from others stays so, in a folder that only root can enter.
  const { uid, gid, name } = SUBUSER;
  const add = (file: string, line: string) =>
    writeFileSync(join(etc, file), `${readFileSync(join(etc, file), 'utf8').trimEnd()}\n${line}\n`);
  add('passwd', `${name}:x:${uid}:${gid}::${volume}:/bin/sh`);
  add('group', `${name}:x:${gid}:`);
  writeFileSync(join(etc, 'subuid'), `${name}:300000:1000\n`);
  writeFileSync(join(etc, 'subgid'), `${uid}:400000:500\n${name}:500000:500\n`);

  function launch(program: readonly string[], { etc: files = {}, hidden = [], asRoot = false }: RunOptions) {
    const own = mkdtempSync(join(folder, 'etc-'));
    const mounts = Object.entries(files).map(([file, text], index) => {
      writeFileSync(join(own, `${index}`), text);
      return `mount --bind ${join(own, `${index}`)} /etc/${file}`;
    });
    const script = [
      'set -e',
      `mount --bind ${etc} /etc`,
      ...mounts,
      ...hidden.map((path) => `mount --bind /dev/null ${path}`),
      'exec "$@"',
    ].join('\n');
    const become = asRoot ? [] : ['setpriv', '--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups', '--'];
    const namespace = ['--mount', '--propagation', 'private', '--', 'sh', '-c', script, 'sh'];
    return spawn('unshare', [...namespace, ...become, process.execPath, ...program], {
      cwd: '/',
      env: {
        PATH: process.env.PATH,
        TMPDIR: asRoot ? own : temporary,
        HOME: volume,
        WASM_PLUGIN_STORE: join(asRoot ? own : temporary, 'store'),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
  }

  function end(child: ReturnType<typeof launch>, onOutput: () => void = () => undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      let [stdout, stderr] = ['', ''];
      child.stdout?.on('data', (text: Buffer) => {
        stdout += text;
        onOutput();
      });
      child.stderr?.on('data', (text: Buffer) => {
        stderr += text;
      });
      child.once('error', reject);
      child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
    });
  }

  return {
    folder,
    image,
    volume,
    runBase: join(temporary, `wasm-plugin-${uid}`),
    run: (args, options = {}) => end(launch([bin, ...args], options)),
    async drive(order) {
      const child = launch([driver, JSON.stringify({ ...order, rootfs: image })], {});
      let told = '';
      child.stdio[3]?.on('data', (text: Buffer) => {
        told += text;
      });
      const result = await end(child);
      const events = told
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as DriverEvent);
      return { ...result, events };
    },
    killed(args) {
      // The tools in front execute each other, so the process that was started is wasm-plugin.
      const child = launch([bin, ...args], {});
      return end(child, () => child.kill('SIGKILL'));
    },
    dispose() {
      spawnSync('rm', ['-rf', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
