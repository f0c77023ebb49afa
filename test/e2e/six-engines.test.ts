/** What plugins are for: one pair of packages does the same to a container under every engine. */

import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs, defaultRunBase } from '../../host/engine/index.js';
import { AGAIN } from '../support/again.js';
import { type Containerd, canContainerd, startContainerd } from '../support/containerd.js';
import { connectCri, printedIn } from '../support/cri.js';
import { combinations, type EngineName, leftOf } from '../support/engines.js';
import { settle } from '../support/leftovers.js';
import { lingering } from '../support/lingering.js';
import { TINY_IMAGE } from '../support/oci-archive.js';
import { installPlugins, type PluggedCommand, setupEntry } from '../support/plugged-runtime.js';
import { canPodman, startPodman } from '../support/podman.js';

/** A variable out of a flag, one out of a setting's default, a file of the host, and what may be done to it. */
const SCRIPT = `echo "$SITE $MEMORY_LIMIT_MIB"
  for file in /run/host/*; do [ -w $file ] && echo "may write $file" || echo "may read $file"; done
  exit 3`;
const WANTED = { exitCode: 3, stdout: 'here 256\nmay read /run/host/os-release\n' };
const COMMAND = ['/bin/sh', '-c', lingering(SCRIPT)];
const ANNOTATION = 'wasm-plugin/site';

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr?: string;
}

interface Engine {
  /** Run `COMMAND` with the flag `site` of a plugin, and wait. */
  run(): Promise<Ran>;
  /** What is left of that, found without asking it. */
  leftovers(): Promise<readonly string[]>;
}

let folder: string;
let plugged: PluggedCommand;
let daemon: Promise<Containerd> | undefined;
const stops: (() => Promise<void> | void)[] = [];

/** `wasm-plugin run --engine NAME`, as a process. */
function ours(engine: EngineName): Engine {
  const [runtimeDir, id] = [join(folder, 'xdg'), `six-${process.pid}-${engine}`];
  const options = ['--store', plugged.store, '--engine', engine, '--name', id, '--site', 'here'];
  const env = { PATH: process.env.PATH, XDG_RUNTIME_DIR: runtimeDir };
  const runBase = defaultRunBase(runtimeDir, tmpdir(), process.getuid?.() ?? 0);
  return {
    run: () => runProgram(['run', ...options, join(folder, 'rootfs'), ...COMMAND], env),
    leftovers: () => settle(() => Object.values(leftOf(runBase, id)).flat()),
  };
}

async function podman(): Promise<Engine> {
  const started = await startPodman('root');
  stops.push(() => started.stop());
  const setup = ['setup', 'podman', '--runtime', 'crun', '--dir', join(started.folder, 'programs')];
  const made = await started.exec([process.execPath, plugged.command, '--store', plugged.store, ...setup]);
  expect(made).toMatchObject({ exitCode: 0, stderr: '' });
  return {
    run: () => started.run('wasm-plugin', ['--annotation', `${ANNOTATION}=here`], SCRIPT),
    async leftovers() {
      const names = readdirSync(join(started.state, 'at'), { recursive: true, encoding: 'utf8' });
      return [...(await started.leftovers()), ...names.filter((name) => name.endsWith('.json'))];
    },
  };
}

/** One daemon for both of its rows. */
function containerd(): Promise<Containerd> {
  daemon ??= (async () => {
    const started = await startContainerd({ handlers: { plugins: join(folder, 'entry/wasm-plugin') } });
    stops.push(() => started.stop());
    setupEntry(join(folder, 'entry'), plugged, 'runc');
    return started;
  })();
  return daemon;
}

async function ctr(): Promise<Engine> {
  const started = await containerd();
  const options = ['--runc-binary', join(folder, 'entry/wasm-plugin'), '--annotation', `${ANNOTATION}=here`];
  return {
    run: () => started.ctr('run', '--rm', ...options, TINY_IMAGE, 'six', ...COMMAND),
    leftovers: () => started.leftovers(),
  };
}

async function cri(): Promise<Engine> {
  const started = await containerd();
  const client = connectCri(started.socket);
  stops.push(() => client.close());
  const pod = { handler: 'plugins', annotations: { [ANNOTATION]: 'here' }, cgroupParent: started.namespace };
  return {
    async run() {
      const sandbox = await client.runPod({ ...pod, logFolder: folder });
      const id = await client.runContainer(sandbox, { command: COMMAND, log: 'pod.log' });
      const { exit_code: exitCode } = await client.waitForExit(id);
      await client.stopPod(sandbox);
      await client.removePod(sandbox);
      return { exitCode, stdout: printedIn(readFileSync(join(folder, 'pod.log'), 'utf8'), 'stdout') };
    },
    leftovers: () => started.leftovers(),
  };
}

interface Row {
  readonly name: string;
  readonly possible: boolean;
  start(): Engine | Promise<Engine>;
}

const me = process.getuid?.() === 0 ? 'root' : 'user';
const table: readonly Row[] = [
  ...combinations()
    .filter(({ identity }) => identity === me)
    .map(({ engine, possible }) => ({ name: `run --engine ${engine}`, possible, start: () => ours(engine) })),
  { name: 'podman', possible: canPodman('root'), start: podman },
  { name: 'containerd', possible: canContainerd(), start: ctr },
  { name: 'the container runtime interface of Kubernetes', possible: canContainerd(), start: cri },
];

describe('two plugins change a container', AGAIN, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-six-'));
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'xdg'), { mode: 0o700 });
    mkdirSync(join(folder, 'rootfs'));
    buildTinyRootfs(join(folder, 'rootfs'));
    plugged = await installPlugins(folder);
    // Two plugins are compiled first.
  }, 300_000);
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('in a table of six', () => expect(table).toHaveLength(6));

  for (const { name, possible, start } of table) {
    test.skipIf(!possible)(`under ${name}`, async () => {
      const engine = await start();
      const { exitCode, stdout, stderr } = await engine.run();
      expect({ exitCode, stdout }, stderr).toEqual(WANTED);
      expect(await engine.leftovers()).toEqual([]);
    });
  }
});

function runProgram(words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [plugged.command, ...words], { env }, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode, stdout, stderr }),
    );
  });
}
