/** `run` with plugins, on the builtin engine: config, start, life and exit. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs, defaultRunBase, probeEngines } from '../../host/engine/index.js';
import type { CliResult } from '../support/cli.js';
import { cli as runCli, startCli } from '../support/cli.js';
import { createPacker } from '../support/cli-package.js';

const [builtin] = probeEngines();
const usable = builtin?.usable === true;
if (!usable && process.env.CI === 'true') throw new Error(`No containers here: ${builtin?.problems.join('; ')}`);

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-cli-run-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const image = join(root, 'image');
const ID = `signal-test-${process.pid}`;
const env = { WASM_PLUGIN_STORE: join(root, 'store') };
const options = { cwd: root, env };

function cli(...args: string[]): Promise<CliResult> {
  return runCli(args, options);
}

/** Settings of the one plugin for one test. */
async function configured<T>(pairs: readonly string[], action: () => Promise<T>): Promise<T> {
  await cli('config', 'example.com/run', ...pairs);
  try {
    return await action();
  } finally {
    await cli('config', 'example.com/run', ...pairs.flatMap((pair) => ['--unset', pair.split('=', 1)[0]!]));
  }
}

describe.skipIf(!usable)('run', () => {
  beforeAll(async () => {
    mkdirSync(image);
    buildTinyRootfs(image);
    mkdirSync(join(root, 'shared'));
    writeFileSync(join(root, 'shared/file'), 'from the host\n');
    const packer = await createPacker(root);
    const sif = packer.pack({
      name: 'example.com/run',
      requests: ['config:env', 'config:mounts'],
      monitor: 'exclusive',
      contributes: {
        commands: [{ path: 'site start', summary: 'start', minArgs: 1 }],
        flags: [{ name: 'site', type: 'string', usage: 'site', commands: ['run', 'site start'] }],
      },
      settings: {
        type: 'object',
        properties: {
          defaulted: { type: 'string', default: 'by default' },
          greeting: { type: 'string' },
          mount: { type: 'string' },
          refuse: { type: 'boolean' },
          flip: { type: 'boolean' },
        },
      },
    });
    expect((await cli('install', '--yes', sif)).exitCode).toBe(0);
  });

  const codes = [
    { name: 'the command’s output and success', command: ['echo', 'hello'], exitCode: 0, stdout: 'hello\n' },
    { name: 'its exit code', command: ['sh', '-c', 'exit 7'], exitCode: 7, stdout: '' },
    { name: 'a signal as 128 + n', command: ['sh', '-c', 'kill -TERM $$'], exitCode: 143, stdout: '' },
    { name: 'a command that is not there', command: ['nope'], exitCode: 127, stdout: '' },
    { name: 'a command that is no program', command: ['/etc/passwd'], exitCode: 126, stdout: '' },
    { name: 'options of the command', command: ['echo', '--json', '-d'], exitCode: 0, stdout: '--json -d\n' },
    { name: 'what a plugin set', command: ['sh', '-c', 'echo $SITE'], exitCode: 0, stdout: 'nowhere\n' },
  ];
  for (const { name, command, exitCode, stdout } of codes) {
    test(`passes on ${name}`, async () => {
      const result = await cli('run', image, ...command);
      expect({ exitCode: result.exitCode, stdout: result.stdout }, result.stderr).toEqual({ exitCode, stdout });
    });
  }

  test('takes binds, variables, host name, folder and a contributed flag', async () => {
    const script =
      'cat /data/file; echo $A $HOME_OF_CALLER $SITE; hostname; pwd; touch /data/x 2>/dev/null || echo read-only';
    const given = [
      '--bind',
      'shared:/data:ro',
      '--env',
      'A=1',
      '--hostname',
      'box',
      '--pwd',
      '/tmp',
      '--site',
      'north',
    ];
    const result = await cli('run', ...given, image, 'sh', '-c', script);
    expect(result.stdout, result.stderr).toBe('from the host\n1 north\nbox\n/tmp\nread-only\n');
  });

  test('--dry-run prints the config and who changed what, and starts nothing', async () => {
    const result = await cli('run', '--dry-run', '--site', 'south', image, 'true');
    expect(JSON.parse(result.stdout).process.env).toContain('SITE=south');
    expect(result.stderr).toMatch(/^INFO: {4}env\[SITE\] +example\.com\/run +nothing +-> "SITE=south"$/m);
    expect(new Set(result.stderr.match(/^.* -> /gm)?.map((line) => line.length)).size).toBe(1);
    const { config, changes } = JSON.parse((await cli('run', '--dry-run', '--json', image, 'true')).stdout);
    expect(config.process.args).toEqual(['true']);
    expect(changes).toContainEqual(expect.objectContaining({ plugin: 'example.com/run', thing: 'env[SITE]' }));
  });

  test('a default of a setting reaches the plugin', async () => {
    const result = await cli('run', image, 'sh', '-c', 'echo $DEFAULTED');
    expect(result.stdout).toBe('by default\n');
  });

  const mounts = [
    { name: 'that the engine refuses', mount: '/nowhere/on/the/host', error: /cannot mount "\/added": the source/ },
    { name: 'that a tool refuses', mount: 'tmpfs', error: /cannot start the container: mount: \/added: / },
  ];
  for (const { name, mount, error } of mounts) {
    test(`a mount ${name} is reported with the plugin that added it`, async () => {
      const result = await configured([`mount=${mount}`], () => cli('run', image, 'true'));
      expect(result.exitCode).toBe(125);
      expect(result.stderr).toMatch(error);
      expect(result.stderr).toContain('; plugin "example.com/run" asked for this mount.');
    });
  }

  test('the settings reach the plugin', async () => {
    const result = await configured(['greeting=hey'], () => cli('run', image, 'sh', '-c', 'echo $GREETING'));
    expect(result.stdout).toBe('hey\n');
  });

  test('a plugin may refuse after the start', async () => {
    const result = await configured(['refuse=yes'], () => cli('run', image, 'sleep', '60'));
    expect(result.exitCode).toBe(125);
    expect(result.stderr).toContain('refused by setting');
  });

  test('the exclusive monitor sets the exit code', async () => {
    expect((await configured(['flip=yes'], () => cli('run', image, 'true'))).exitCode).toBe(77);
  });

  const failures = [
    { args: ['ubuntu:22.04', 'true'], exitCode: 125, error: 'ubuntu:22.04": there is no such file or folder' },
    { args: ['ubuntu', 'true'], exitCode: 125, error: 'an image is a folder with a root file system' },
    { args: ['image/etc/passwd', 'true'], exitCode: 125, error: 'it is a file of no kind that can be run' },
    { args: ['--pwd', '/nope', 'image', 'true'], exitCode: 125, error: 'its working directory "/nope" cannot be used' },
    { args: ['image', 'nosuch'], exitCode: 127, error: 'Cannot execute "nosuch" in the container: not found\n' },
    { args: ['--bind', ':/x', 'image', 'true'], exitCode: 2, error: 'Cannot bind ":/x": there is no source' },
    { args: ['--engine', 'lxc', 'image', 'true'], exitCode: 125, error: 'Cannot use the engine "lxc"' },
    { args: ['--pwd', 'x', 'image', 'true'], exitCode: 2, error: '--pwd "x" is not an absolute path' },
    { args: [], exitCode: 2, error: 'missing required argument' },
  ];
  for (const { args, exitCode, error } of failures) {
    test(`run ${args.join(' ')}: ${exitCode}`, async () => {
      const result = await cli('run', ...args);
      expect(result.exitCode).toBe(exitCode);
      expect(result.stderr.toLowerCase()).toContain(error.toLowerCase());
    });
  }

  test('a plugin’s command may run what the user typed, and nothing else', async () => {
    const result = await cli('site', 'start', image, '--', 'sh', '-c', 'echo typed; exit 9');
    expect({ exitCode: result.exitCode, stdout: result.stdout }, result.stderr).toEqual({
      exitCode: 9,
      stdout: 'typed\n',
    });
  });

  test('passes signals on, and leaves nothing behind', async () => {
    const running = startCli(
      ['run', '--name', ID, image, 'sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'],
      options,
    );
    while (!running.stdout().includes('ready')) await sleep(20);
    expect(running.signal('SIGTERM')).toBe(true);
    expect((await running.result).exitCode).toBe(5);
    expect(running.signal('SIGTERM')).toBe(false);
    expect(leftovers()).toEqual([]);
  });
});

/** What is left of the container `ID` in the folder of runs, which other test files use at the same time. */
function leftovers(): string[] {
  const base = defaultRunBase(process.env.XDG_RUNTIME_DIR, tmpdir(), process.getuid?.() ?? 0);
  try {
    return readdirSync(base).filter((name) => name.includes(ID));
  } catch {
    return [];
  }
}
