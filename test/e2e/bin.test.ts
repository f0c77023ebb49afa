/** The built command as a process: both halves of the bundle, exit codes, and readers that go away. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPacker } from '../support/cli-package.js';
import { DIST_COMMAND, isBuilt } from '../support/dist-command.js';

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-bin-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const env = { PATH: process.env.PATH, WASM_PLUGIN_STORE: join(root, 'store') };

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [DIST_COMMAND, ...args], {
    encoding: 'utf8',
    env,
    cwd: root,
    input: '',
  });
  return { status, stdout, stderr };
}

describe.skipIf(!isBuilt())('the bin', () => {
  let sif: string;
  beforeAll(async () => {
    const packer = await createPacker(root);
    sif = packer.pack({ contributes: { commands: [{ path: 'show', summary: 'show' }] } });
  });

  test('does a plugin’s life: both halves work on the same store', () => {
    expect(run('list')).toEqual({ status: 0, stdout: 'There are no plugins installed.\n', stderr: '' });
    expect(run('install', '--yes', sif).status).toBe(0);
    expect(run('list').stdout).toBe('ENABLED  NAME\n    yes  example.com/foo\n');
    expect(run('inspect', 'example.com/foo').stdout).toBe(run('inspect', sif).stdout);
    expect(run('inspect', '--long', 'example.com/foo').stdout).toContain('Digest: sha256:');
    expect(run('--help').stdout).toContain('Commands of plugin example.com/foo:\n  show');
    expect(run('show', 'a')).toMatchObject({ status: 42, stdout: 'a\n{}\n' });
    expect(run('uninstall', 'example.com/foo').status).toBe(0);
  });

  const failures = [
    { args: [], status: 2, stderr: /^Usage: / },
    { args: ['nope'], status: 2, stderr: /unknown command 'nope'/ },
    { args: ['--nope'], status: 2, stderr: /unknown option '--nope'/ },
    { args: ['inspect', 'nope'], status: 1, stderr: /Failed to inspect plugin "nope": plugin not found\./ },
    {
      args: ['inspect', 'nope.sif'],
      status: 1,
      stderr: /Failed to inspect plugin "nope.sif": no such file or directory\./,
    },
    { args: ['uninstall', 'nope'], status: 1, stderr: /plugin not found/ },
    { args: ['install', 'x'], status: 1, stderr: /no such file/ },
  ];
  for (const { args, status, stderr } of failures) {
    test(`"${args.join(' ')}" exits ${status}`, () => {
      const result = run(...args);
      expect(result).toMatchObject({ status, stdout: '' });
      expect(result.stderr).toMatch(stderr);
    });
  }

  test('prints its version from wherever it is linked', () => {
    const link = join(root, 'wp');
    symlinkSync(DIST_COMMAND, link);
    const { stdout } = spawnSync(link, ['--version'], { encoding: 'utf8', env });
    expect(stdout).toMatch(/^wasm-plugin version \d+\.\d+\.\d+\n$/);
  });

  test('ends quietly when its reader goes away', async () => {
    const child = spawn(process.execPath, [DIST_COMMAND, '--help'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise((done) => child.on('close', done));
    expect({ status, stderr }).toEqual({ status: 141, stderr: '' });
  });

  test('can be ended while it waits', async () => {
    const child = spawn(process.execPath, [DIST_COMMAND, 'call', sif, 'command', '--input', '-'], {
      env,
      stdio: 'pipe',
    });
    await new Promise((done) => setTimeout(done, 500));
    child.kill('SIGINT');
    const signal = await new Promise((done) => child.on('close', (_code, name) => done(name)));
    expect(signal).toBe('SIGINT');
  });
});
