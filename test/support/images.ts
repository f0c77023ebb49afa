/** Images of every kind, made with the tools that make real ones, and the command line as a process of either identity. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { buildTinyRootfs } from '../../host/engine/index.js';
import type { Identity } from './container.js';
import { ORDINARY_UID } from './container.js';
import { mountPoints } from './leftovers.js';
import { needs } from './need.js';

export const canMakeImages = (): boolean => ['mksquashfs', 'unsquashfs', 'siftool', 'mke2fs'].every(needs);

export interface RunResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ImageWorkshop {
  readonly folder: string;
  /** A path in `folder`. */
  path(name: string): string;
  /** A root file system: the machine's own shell, and `files` by path; a text that starts with `#!` becomes a program. */
  rootfs(name: string, files?: Readonly<Record<string, string>>): string;
  squashfs(name: string, rootfs: string): string;
  ext3(name: string, rootfs: string): string;
  /** One primary partition. @param fsType @param arch - siftool's numbers. */
  sif(name: string, partition: string, fsType?: number, arch?: number): string;
  /** A changed copy of a file. */
  patched(name: string, from: string, change: (bytes: Buffer) => Buffer | undefined): string;
  /** `wasm-plugin ARGS` to its end. @param wrap - a command in front of it that becomes `identity` by itself. */
  run(identity: Identity, args: readonly string[], wrap?: readonly string[]): Promise<RunResult>;
  launch(identity: Identity, args: readonly string[], wrap?: readonly string[]): ChildProcess;
  /** What runs of `identity` left: folders, mounts, loop devices of files in `folder`. */
  leftovers(identity: Identity): string[];
  dispose(): void;
}

export function createImageWorkshop(): ImageWorkshop {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-images-'));
  chmodSync(folder, 0o755);
  const bin = join(folder, 'bin/bin.mjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL('../../host/cli/bin.ts', import.meta.url))],
    outfile: bin,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'silent',
    banner: { js: "import { createRequire as r_ } from 'node:module'; const require = r_(import.meta.url);" },
  });
  // What threads run is looked for beside the folder of the command.
  cpSync(fileURLToPath(new URL('../../dist/workers', import.meta.url)), join(folder, 'workers'), { recursive: true });
  const homes = new Map((['root', 'user'] as const).map((identity) => [identity, homeOf(folder, identity)]));
  const path = (name: string): string => join(folder, name);
  const launch: ImageWorkshop['launch'] = (identity, args, wrap = become(identity)) => {
    const home = homes.get(identity) as string;
    const [file, ...rest] = [...wrap, process.execPath, bin, ...args];
    return spawn(file as string, rest, {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: home,
        TMPDIR: home,
        XDG_RUNTIME_DIR: home,
        WASM_PLUGIN_STORE: join(home, 's'),
      },
    });
  };
  return {
    folder,
    path,
    launch,
    rootfs(name, files = {}) {
      const root = path(name);
      buildTinyRootfs(root);
      for (const [inner, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, inner)), { recursive: true });
        writeFileSync(join(root, inner), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
      }
      return root;
    },
    squashfs(name, rootfs) {
      tool('mksquashfs', rootfs, path(name), '-all-root', '-noappend', '-no-progress', '-quiet');
      return path(name);
    },
    ext3(name, rootfs) {
      tool('mke2fs', '-q', '-t', 'ext3', '-d', rootfs, path(name), '24M');
      return path(name);
    },
    sif(name, partition, fsType = 1, arch = process.arch === 'arm64' ? 4 : 2) {
      tool('siftool', 'new', path(name));
      const place = ['--datatype', '4', '--parttype', '2', '--partfs', `${fsType}`, '--partarch', `${arch}`];
      tool('siftool', 'add', path(name), partition, ...place, '--groupid', '1');
      return path(name);
    },
    patched(name, from, change) {
      const bytes = readFileSync(from);
      writeFileSync(path(name), change(bytes) ?? bytes);
      return path(name);
    },
    run: (identity, args, wrap) =>
      new Promise((resolve) => {
        const child = launch(identity, args, wrap);
        const texts = [child.stdout, child.stderr].map((stream) => collect(stream));
        child.stdin?.end();
        child.on('close', (exitCode) => resolve({ exitCode, stdout: texts[0]!(), stderr: texts[1]!() }));
      }),
    leftovers(identity) {
      const home = homes.get(identity) as string;
      const runs = readdirSync(home).filter((name) => name.startsWith('wasm-plugin-') && existsSync(join(home, name)));
      const loops = readdirSync('/sys/block').filter((name) => backingOf(name).startsWith(folder));
      return [...runs, ...mountPoints('self').filter((mount) => mount.startsWith(home)), ...loops];
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function become(identity: Identity): string[] {
  if (identity === 'root' || process.getuid?.() !== 0) return [];
  return ['setpriv', '--reuid', `${ORDINARY_UID}`, '--regid', `${ORDINARY_UID}`, '--clear-groups', '--'];
}

function homeOf(folder: string, identity: Identity): string {
  const home = join(folder, `home-${identity}`);
  mkdirSync(home, { mode: 0o700 });
  if (identity === 'user' && process.getuid?.() === 0) chownSync(home, ORDINARY_UID, ORDINARY_UID);
  return home;
}

function backingOf(block: string): string {
  try {
    return readFileSync(`/sys/block/${block}/loop/backing_file`, 'utf8').trim();
  } catch {
    return '';
  }
}

function collect(stream: ChildProcess['stdout']): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  return () => text;
}

function tool(name: string, ...args: string[]): void {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const { status, stderr, error } = spawnSync(name, args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} failed: ${error ?? stderr}`);
}
