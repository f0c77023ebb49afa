/** Plugins under podman: the runtime entry, its hooks, and podman's own precreate hook. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
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
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encode, hooks } from '../../host/abi/index.js';
import { AGAIN } from '../support/again.js';
import { eventually, type Identity, ORDINARY_UID } from '../support/container.js';
import { compileExample } from '../support/example-plugin.js';
import { installPlugins, LIMIT_PLUGIN, type PluggedCommand } from '../support/plugged-runtime.js';
import { canPodman, type Podman, type RunOptions, startPodman } from '../support/podman.js';
import { packPuppet } from '../support/puppet.js';

const ENGINE_CONFIG = 'wasm-plugin:hook/engine-config@1.0.0';
const PODMAN_ALLOWS = '[engine]\nruntime_supports_nocgroup = ["crun", "mine"]\n';

let folder: string;
let plugged: PluggedCommand;
const identities = (['root', 'user'] as const).filter(canPodman);

beforeAll(async () => {
  if (identities.length === 0) return;
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-plugged-'));
  chmodSync(folder, 0o755);
  plugged = await installPlugins(folder);
}, 300_000);
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

describe.each(identities)('plugins under podman as %s', AGAIN, (identity: Identity) => {
  let podman: Podman;
  let store: string;
  let programs: string;
  let state: string;
  beforeAll(async () => {
    podman = await startPodman(identity, { config: PODMAN_ALLOWS });
    // A store belongs to whom it serves.
    store = join(podman.folder, 'store');
    cpSync(plugged.store, store, { recursive: true });
    if (identity === 'user') spawnSync('chown', ['-R', `${ORDINARY_UID}:${ORDINARY_UID}`, store]);
    programs = join(podman.folder, 'programs');
    state = podman.state;
    const made = await setup();
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
  }, 300_000);
  afterEach(async () => expect(await podman.leftovers()).toEqual([]));
  afterAll(async () => podman?.stop());

  function wasmPlugin(...args: readonly string[]) {
    return podman.exec([process.execPath, plugged.command, '--store', store, ...args]);
  }
  function setup(...options: readonly string[]) {
    return wasmPlugin('setup', 'podman', '--runtime', 'crun', '--dir', programs, ...options);
  }
  function run(script: string, ...options: readonly string[]) {
    return podman.run('wasm-plugin', options, script);
  }
  function log(): string {
    return readFileSync(join(state, 'oci.log'), 'utf8');
  }
  const saidIn = () => join(podman.home, 'stderr');
  /** Where podman says things to a person. It is no file or terminal for tests, but a socket, which nobody else can open. */
  const toFile = () => {
    rmSync(saidIn(), { force: true });
    return `exec 2>>${saidIn()};`;
  };
  async function withPlugin<T>(bytes: Uint8Array, options: readonly string[], act: () => Promise<T>): Promise<T> {
    const sif = join(podman.folder, 'more.sif');
    writeFileSync(sif, bytes);
    expect(await wasmPlugin('install', '--yes', ...options, sif)).toMatchObject({ exitCode: 0 });
    try {
      return await act();
    } finally {
      const name = (await wasmPlugin('list')).stdout.match(/example\.com\/(?!site|config-plugin)\S+/)?.[0] as string;
      expect(await wasmPlugin('uninstall', name)).toMatchObject({ exitCode: 0 });
    }
  }

  test('a container is what two plugins made of it, and its exit code is its own', async () => {
    const flags = ['--annotation', 'wasm-plugin/site=here'];
    expect(await run('echo $SITE $MEMORY_LIMIT_MIB; echo no >&2; ls /run/host; exit 7', ...flags)).toEqual({
      exitCode: 7,
      stdout: 'here 256\nos-release\n',
      stderr: 'no\n',
    });
  });

  test('the log names an annotation that is no flag of a plugin', async () => {
    const options = ['--annotation', 'wasm-plugin/memory-mb=64', '--annotation', 'wasm-plugins/other=1'];
    expect(await run('echo $MEMORY_LIMIT_MIB', ...options)).toMatchObject({ exitCode: 0, stdout: '256\n' });
    const log = readFileSync(join(state, 'oci.log'), 'utf8');
    expect(log).toMatch(/WARNING: No plugin has a flag for the annotation "wasm-plugin\/memory-mb"\n/);
  });

  test('what is piped in reaches the command', async () => {
    const options = { input: 'one\ntwo\n' };
    expect(await podman.run('wasm-plugin', ['-i'], 'cat', options)).toMatchObject({
      exitCode: 0,
      stdout: 'one\ntwo\n',
    });
  });

  test('podman exec sees the variables of plugins, and one that is given to it wins', async () => {
    const options = ['--runtime', 'wasm-plugin', 'run', '-d', '--name', 'long', '--network=none', '--cgroups=disabled'];
    await podman.podman([...options, 'localhost/tiny:1', '/bin/sleep', '100']);
    try {
      const print = ['/bin/sh', '-c', 'echo $MEMORY_LIMIT_MIB'];
      expect(await podman.podman(['exec', 'long', ...print])).toMatchObject({ stdout: '256\n' });
      const given = ['exec', '-e', 'MEMORY_LIMIT_MIB=mine', 'long', ...print];
      expect(await podman.podman(given)).toMatchObject({ stdout: 'mine\n' });
    } finally {
      await podman.podman(['rm', '-f', '-t', '0', 'long']);
    }
    expect(statesIn(state)).toEqual([]);
  });

  test('a veto is podman’s error, and names the plugin', async () => {
    const { exitCode, stdout, stderr } = await run('echo ran', '--annotation', 'wasm-plugin/memory-mib=0');
    expect({ exitCode, stdout }).toEqual({ exitCode: 126, stdout: '' });
    expect(stderr).toContain(`OCI runtime error: wasm-plugin: wasm-plugin: Plugin "${LIMIT_PLUGIN}" refused`);
    expect(stderr).toContain('--memory-mib must be at least 1');
  });

  const bad = [
    { name: 'that crashes', handle: 'unreachable', says: /Plugin "example.com\/puppet".*(?:trap|unreachable)/ },
    {
      name: 'that never returns',
      handle: '(loop $again (br $again)) unreachable',
      says: /Plugin "example.com\/puppet".*(?:deadline|ms)/,
    },
  ];
  for (const { name, handle, says } of bad) {
    const puppet = () => packPuppet({ hook: ENGINE_CONFIG, parts: { handle } });
    test(`a plugin ${name} stops the container`, async () => {
      const result = await withPlugin(await puppet(), [], () => run('echo ran'));
      expect(result).toMatchObject({ exitCode: 126, stdout: '' });
      expect(result.stderr).toMatch(says);
    });

    test(`an optional plugin ${name} does not`, async () => {
      const result = await withPlugin(await puppet(), ['--optional'], () => run('echo $MEMORY_LIMIT_MIB'));
      expect(result).toEqual({ exitCode: 0, stdout: '256\n', stderr: '' });
      expect(log()).toMatch(says);
    });
  }

  test('descriptors and limits are as without plugins', async () => {
    const look = 'ulimit -n; ulimit -Sn; for fd in /proc/self/fd/*; do readlink $fd; done; true';
    const before = { before: 'ulimit -Sn 1000; exec 3</dev/zero 4</dev/full;' };
    for (const options of [[], ['--preserve-fds', '2']]) {
      const [plain, ours] = [
        await podman.run('crun', options, look, before),
        await podman.run('wasm-plugin', options, look, before),
      ];
      expect(plain.exitCode).toBe(0);
      expect({ ...ours, stdout: withoutNumbers(ours.stdout) }).toEqual({
        ...plain,
        stdout: withoutNumbers(plain.stdout),
      });
      if (options.length > 0) expect(ours.stdout).toContain('/dev/zero');
    }
  });

  test.skipIf(identity === 'user').each(['crun', 'runc'])(
    '%s gets descriptors and limits of its caller',
    async (real) => {
      const [bundle, entry] = [join(podman.folder, `bundle-${real}`), join(podman.folder, `entry-${real}`)];
      mkdirSync(bundle);
      const look = 'ulimit -Sn; readlink /proc/self/fd/3 || :; ls /proc/$$/fd';
      const config = {
        ociVersion: '1.0.2',
        root: { path: join(podman.folder, 'rootfs') },
        process: { args: ['/bin/sh', '-c', look], cwd: '/', user: { uid: 0, gid: 0 }, env: ['PATH=/bin'] },
        mounts: [
          { destination: '/proc', type: 'proc', source: 'proc' },
          { destination: '/run', type: 'tmpfs', source: 'tmpfs' },
        ],
        linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }] },
      };
      writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
      await wasmPlugin('setup', 'podman', '--runtime', real, '--dir', entry, '--config-dir', entry);
      const words = ['--root', join(podman.folder, `run-${real}`), 'run', '--preserve-fds', '1', '--bundle', bundle];
      const before = { before: 'ulimit -Sn 1000; exec 3</dev/zero;' };
      const plain = await podman.exec([real, ...words, `plain-${real}`], before);
      const ours = await podman.exec([join(entry, 'wasm-plugin'), ...words, `ours-${real}`], before);
      // runc raises the limit of open files itself.
      const limit = real === 'crun' ? '1000' : '\\d+';
      expect(plain).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(new RegExp(`^${limit}\\n/dev/zero\\n`)),
      });
      expect(ours).toEqual(plain);
      expect(JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')).process.env).toContain(
        'MEMORY_LIMIT_MIB=256',
      );
    },
  );

  test('variables of Node in podman’s environment change nothing', async () => {
    const env = { NODE_OPTIONS: '--require /nowhere', NODE_EXTRA_CA_CERTS: '/nowhere', WASM_PLUGIN_STORE: '/nowhere' };
    // What conmon gets of podman's environment is podman's affair, so the entry is started with all of it, too.
    const words = [
      'env',
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
      join(programs, 'wasm-plugin'),
    ];
    const bundle = join(podman.folder, 'bundle');
    mkdirSync(bundle, { recursive: true });
    const config = {
      ociVersion: '1.0.2',
      root: { path: 'rootfs' },
      process: { args: ['/bin/true'], cwd: '/', user: { uid: 0, gid: 0 } },
      annotations: { 'wasm-plugin/memory-mib': '0' },
    };
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    if (identity === 'user') spawnSync('chown', ['-R', `${ORDINARY_UID}:${ORDINARY_UID}`, bundle]);
    const entry = await podman.exec([...words, 'create', '--bundle', bundle, 'odd']);
    expect(entry).toMatchObject({ exitCode: 1, stdout: '' });
    expect(entry.stderr).toContain('--memory-mib must be at least 1');
    expect(await podman.run('wasm-plugin', [], 'echo $MEMORY_LIMIT_MIB', { env })).toMatchObject({ stdout: '256\n' });
  });

  test('plugins hear of the start and the end', async () => {
    const result = await withPlugin(await compileExample('monitor-plugin'), [], async () => {
      const ran = await run('exit 3');
      expect(await eventually(() => log().includes('exited'))).toBe(true);
      return ran;
    });
    expect(result).toEqual({ exitCode: 3, stdout: '', stderr: '' });
    expect(log()).toMatch(/\[example\.com\/monitor-plugin\] started, pid \d+/);
    expect(statesIn(state)).toEqual([]);
  });

  test('a monitor hears of figures, and of the exit code that conmon notes', async () => {
    const monitor = await compileExample('monitor-plugin');
    await withPlugin(monitor, [], async () => {
      await wasmPlugin('config', 'example.com/monitor-plugin', 'tickMs=100');
      const whole = () => (existsSync(join(state, 'oci.log')) ? log() : '');
      const before = whole().length;
      const heard = () => whole().slice(before);
      await podman.podman([
        ...['--runtime', 'wasm-plugin', 'run', '-d', '--rm', '--name', 'heard', '--network=none', '--cgroups=disabled'],
        ...['localhost/tiny:1', '/bin/sh', '-c', 'trap "exit 5" TERM; while :; do sleep 0.05; done'],
      ]);
      expect(await eventually(() => /alive for \d+ ms, \d+ KiB/.test(heard()))).toBe(true);
      await podman.podman(['stop', 'heard']);
      expect(await eventually(() => heard().includes('exited'))).toBe(true);
      expect(heard()).toMatch(/\[example\.com\/monitor-plugin\] exited with 5 after [1-9]\d* ticks/);
    });
    expect(statesIn(state)).toEqual([]);
  });

  test('an exclusive monitor with the grant ends a container, whose code stays its own', async () => {
    const acting = await packPuppet({
      hook: hooks.monitorContainer.id,
      answer: encode(hooks.monitorContainer.response, { signal: 'SIGTERM', exitCode: 9, nextTickMs: 100 }),
      manifest: { monitor: 'exclusive', requests: ['process:signal'] },
    });
    const script = 'trap "exit 5" TERM; while :; do sleep 0.05; done';
    expect(await withPlugin(acting, [], () => run(script))).toEqual({ exitCode: 5, stdout: '', stderr: '' });
  });

  test('a post-start plugin’s veto stops the container although crun does not', async () => {
    const post = await compileExample('post-start-plugin');
    const result = await withPlugin(post, [], async () => {
      await wasmPlugin('config', 'example.com/post-start-plugin', 'requireEnv=NOT_THERE');
      return podman.run('wasm-plugin', [], 'sleep 60; echo survived', { before: toFile() });
    });
    expect(result).toMatchObject({ exitCode: 137, stdout: '' });
    // crun takes a hook's stderr away, and says nothing of its failure.
    expect(readFileSync(saidIn(), 'utf8')).toMatch(
      /^wasm-plugin: Plugin "example.com\/post-start-plugin" refused .*NOT_THERE.*$/m,
    );
    expect(log()).toContain('the container has no variable NOT_THERE');
    expect(statesIn(state)).toEqual([]);
  });

  test('the precreate hook does it without another runtime', async () => {
    const hook = await setup('--precreate');
    expect(hook.stdout).toContain(`written: ${join(programs, 'hooks.d/wasm-plugin.json')}`);
    try {
      const hooked = (script: string, options: readonly string[] = [], io: RunOptions = {}) =>
        podman.podman(
          [
            ...['--hooks-dir', join(programs, 'hooks.d'), '--runtime', 'crun', 'run', '--rm', '--network=none'],
            ...['--cgroups=disabled', ...options, 'localhost/tiny:1', '/bin/sh', '-c', script],
          ],
          io,
        );
      expect(await hooked('echo $MEMORY_LIMIT_MIB; exit 9')).toEqual({ exitCode: 9, stdout: '256\n', stderr: '' });
      // The container's id, which the config has in its mounts alone.
      expect(log()).toMatch(/Z [0-9a-f]{64} INFO: [^\n]*\n$/);
      const vetoed = await hooked('echo ran', ['--annotation', 'wasm-plugin/memory-mib=0'], { before: toFile() });
      expect(vetoed).toMatchObject({ exitCode: 126, stdout: '' });
      // podman itself says only that a hook failed.
      expect(readFileSync(saidIn(), 'utf8')).toMatch(/^wasm-plugin: Plugin "example.com\/config-plugin" refused .*$/m);
    } finally {
      expect(await setup('--precreate', '--undo')).toMatchObject({ exitCode: 0 });
    }
  });

  test('Node that is killed in create leaves no container, and podman says why', async () => {
    const loops = await packPuppet({ hook: ENGINE_CONFIG, parts: { handle: '(loop $again (br $again)) unreachable' } });
    const result = await withPlugin(loops, [], async () => {
      const running = run('echo ran');
      expect(await eventually(() => createOf(store) !== undefined)).toBe(true);
      process.kill(createOf(store) as number, 'SIGKILL');
      return running;
    });
    expect(result).toMatchObject({ exitCode: 126, stdout: '' });
    expect(result.stderr).toContain('wasm-plugin: Cannot run plugins: Node.js ended with 137');
  });

  test('setup undone leaves nothing, done again is the same', async () => {
    const shown = (text: string) =>
      text
        .replaceAll(podman.folder, 'FOLDER')
        .replace(/(: ).*(containers\.conf\.d)/, '$1DROP-INS')
        .replace(/(next: )containers .*/, '$1FIRST');
    expect(shown((await setup()).stdout)).toBe(`unchanged: FOLDER/programs/wasm-plugin
unchanged: FOLDER/programs/wasm-plugin-hook
unchanged: DROP-INS/wasm-plugin.conf
next: podman --runtime wasm-plugin run --rm IMAGE COMMAND
`);
    expect(shown((await setup('--undo', '--dry-run')).stdout)).toBe(`would be removed: FOLDER/programs/wasm-plugin
would be removed: FOLDER/programs/wasm-plugin-hook
would be removed: DROP-INS/wasm-plugin.conf
next: FIRST
`);
    expect(shown((await setup('--undo')).stdout)).toBe(`removed: FOLDER/programs/wasm-plugin
removed: FOLDER/programs/wasm-plugin-hook
removed: DROP-INS/wasm-plugin.conf
next: FIRST
`);
    expect(existsSync(programs)).toBe(false);
    expect(await run('echo ran')).toMatchObject({ exitCode: 125, stdout: '' });
    expect((await setup('--undo')).stdout).toMatch(/^(?:absent: .*\n){3}$/);
    expect((await setup()).stdout).toMatch(/^(?:written: .*\n){3}next: /);
    expect(await run('echo ran')).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });

  test('setup replaces no file of somebody else', async () => {
    const other = join(podman.folder, 'other');
    mkdirSync(other);
    chmodSync(other, 0o777);
    writeFileSync(join(other, 'wasm-plugin'), '#!/bin/sh\n');
    const result = await wasmPlugin('setup', 'podman', '--dir', other);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('is there already, and "wasm-plugin setup" did not write it');
    expect(readdirSync(other)).toEqual(['wasm-plugin']);
  });
});

function statesIn(state: string): string[] {
  return readdirSync(join(state, 'at'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
}

/** Pid of the process that lets the plugins of a store look at a container. */
function createOf(store: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words[2] === 'oci' && words.includes(store);
      } catch {
        return false;
      }
    });
}

/** The listing of a folder has a descriptor itself. */
function withoutNumbers(text: string): string {
  return text.replace(/\/proc\/\d+\/fd/g, '/proc/N/fd').replace(/pipe:\[\d+\]/g, 'pipe');
}
