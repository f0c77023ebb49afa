/** The command lines that bench/container.ts times. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TINY_IMAGE } from '../../test/support/podman.js';
import type { Start } from './order.js';
import { COUNTS } from './stores.js';

export const BARE = 'crun run of a ready bundle';
export const PLAIN_PODMAN = 'podman run, crun';
export const LOAD = 'inside: loading the code';
export const ENGINES = ['builtin', 'crun', 'runc'] as const;

type Engine = (typeof ENGINES)[number];

export interface Scene {
  /** The built command, and what it starts from other engines. */
  readonly command: string;
  readonly oci: string;
  readonly rootfs: string;
  /** One for each of the counts. */
  readonly stores: readonly string[];
  /** Runtime entries over crun, one for each of the stores. */
  readonly entries: readonly string[];
  /** For what the rows need besides. */
  readonly folder: string;
}

export const runOn = (engine: Engine, count: number): string => `wasm-plugin run on ${engine}, ${hooks(count)}`;
export const podmanWith = (count: number): string => `podman run, crun behind us, ${hooks(count)}`;
export const inside = (count: number): string => `inside: create, ${hooks(count)}`;

function hooks(count: number): string {
  return count === 0 ? 'no plugin' : count === 1 ? 'one hook' : `${count} hooks`;
}

/** All rows in their order. */
export function startsOf({ command, oci, rootfs, stores, entries, folder }: Scene): Start[] {
  const config = writeBundle(folder, rootfs);
  const node = process.execPath;
  const bare = (runtime: string, options: readonly string[] = []): string[] => [
    runtime,
    '--root',
    join(folder, `state-${runtime}`),
    ...options,
    'run',
    '--bundle',
    folder,
    'bench',
  ];
  const run = (engine: Engine, store: string): string[] => [
    node,
    command,
    '--store',
    store,
    'run',
    '--engine',
    engine,
    rootfs,
    'true',
  ];
  const podman = (runtime: string): string[] => {
    const options = ['--rm', '--network=none', '--cgroups=disabled'];
    return ['podman', '--runtime', runtime, 'run', ...options, TINY_IMAGE, '/bin/true'];
  };
  const child = fileURLToPath(new URL('./oci-once.mjs', import.meta.url));
  const once = (what: string, index: number): string[] => [
    node,
    child,
    what,
    oci,
    stores[index]!,
    config,
    join(folder, `inside-${index}`),
  ];
  return [
    { name: 'node -e 0', words: [node, '-e', '0'] },
    { name: 'unshare and chroot', words: ['unshare', '-fmpiun', 'chroot', rootfs, '/bin/true'] },
    { name: BARE, words: bare('crun', ['--cgroup-manager=disabled']) },
    { name: 'runc run of a ready bundle', words: bare('runc') },
    ...ENGINES.flatMap((engine) =>
      COUNTS.map((count, index) => ({ name: runOn(engine, count), words: run(engine, stores[index]!) })),
    ),
    { name: PLAIN_PODMAN, words: podman('crun') },
    ...COUNTS.map((count, index) => ({ name: podmanWith(count), words: podman(entries[index]!) })),
    { name: LOAD, words: once('load', 0), prints: true },
    ...COUNTS.map((count, index) => ({ name: inside(count), words: once('create', index), prints: true })),
  ];
}

/** The config that crun itself proposes, for `true` without a terminal. @returns its path. */
function writeBundle(folder: string, rootfs: string): string {
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync('crun', ['spec'], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`crun spec ended with ${status}: ${stderr}`);
  const path = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  config.process.terminal = false;
  config.process.args = ['/bin/true'];
  config.root.path = rootfs;
  writeFileSync(path, JSON.stringify(config));
  return path;
}
