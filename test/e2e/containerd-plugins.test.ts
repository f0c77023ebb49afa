/** Plugins under containerd: what they do to containers that `ctr` starts. */

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { encode, hooks } from '../../host/abi/index.js';
import { AGAIN } from '../support/again.js';
import { type Containerd, canContainerd, startContainerd } from '../support/containerd.js';
import { compileExample } from '../support/example-plugin.js';
import { lingering } from '../support/lingering.js';
import { TINY_IMAGE } from '../support/oci-archive.js';
import {
  installPlugins,
  LIMIT_PLUGIN,
  type PluggedCommand,
  SITE_PLUGIN,
  setupEntry,
} from '../support/plugged-runtime.js';
import { packPuppet } from '../support/puppet.js';
import { realRuntimes, type Trampoline, writeTrampoline } from '../support/trampoline.js';

const supported = canContainerd();

describe.skipIf(!supported)('plugins under containerd', AGAIN, () => {
  let folder: string;
  let plugged: PluggedCommand;
  let containerd: Containerd;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-plugged-'));
    chmodSync(folder, 0o755);
    plugged = await installPlugins(folder);
    containerd = await startContainerd();
    // Two plugins are compiled first.
  }, 300_000);
  afterEach(async () => expect(await containerd.leftovers()).toEqual([]));
  afterAll(async () => {
    await containerd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(supported ? realRuntimes() : [])('with %s', (real) => {
    let entry: string;
    let trampoline: Trampoline;
    beforeAll(() => {
      // What the real runtime is given, seen from behind our entry.
      mkdirSync(join(folder, real));
      trampoline = writeTrampoline(join(folder, real), real);
      entry = setupEntry(join(folder, real, 'entry'), plugged, trampoline.path);
    });

    function run(id: string, script: string, ...options: readonly string[]) {
      const command = [TINY_IMAGE, `${real}-${id}`, '/bin/sh', '-c', lingering(script)];
      return containerd.ctr('run', '--rm', '--runc-binary', entry, ...options, ...command);
    }

    test('a container is what two plugins made of it', async () => {
      const script = 'echo $SITE $MEMORY_LIMIT_MIB; ls /run/host; exit 3';
      expect(await run('changed', script)).toEqual({ exitCode: 3, stdout: 'nowhere 256\nos-release\n', stderr: '' });
      expect(trampoline.configs().get(`${real}-changed`)).toMatchObject({
        linux: { resources: { memory: { limit: 256 * 1024 * 1024 } } },
      });
    });

    test('annotations are the flags that plugins add to run', async () => {
      const annotations = ['--annotation', 'wasm-plugin/site=here', '--annotation', 'wasm-plugin/memory-mib=64'];
      expect(await run('annotated', 'echo $SITE $MEMORY_LIMIT_MIB', ...annotations)).toEqual({
        exitCode: 0,
        stdout: 'here 64\n',
        stderr: '',
      });
    });

    test('a veto is the reason why there is no container, and names the plugin', async () => {
      const { exitCode, stdout, stderr } = await run('vetoed', 'echo ran', '--annotation', 'wasm-plugin/memory-mib=0');
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toContain('OCI runtime create failed: wasm-plugin: ');
      expect(stderr).toContain(LIMIT_PLUGIN);
      expect(stderr).toContain('--memory-mib must be at least 1');
      expect(trampoline.configs().has(`${real}-vetoed`)).toBe(false);
    });

    test('containers that start at once do not meet each other', async () => {
      const ids = ['a', 'b', 'c', 'd'];
      const started = ids.map((id) => run(`at-once-${id}`, 'echo $SITE', '--annotation', `wasm-plugin/site=${id}`));
      const results = await Promise.all(started);
      expect(results.map(({ stdout }) => stdout)).toEqual(ids.map((id) => `${id}\n`));
    });

    test('a veto after the start ends the container, and the log has the reason', async () => {
      await plugged.cli('config', SITE_PLUGIN, 'refuse=true');
      try {
        const { exitCode, stdout } = await run('refused', 'sleep 1000; echo ran');
        expect({ failed: exitCode !== 0, stdout }).toEqual({ failed: true, stdout: '' });
      } finally {
        await plugged.cli('config', SITE_PLUGIN, '--unset', 'refuse');
      }
      const log = readFileSync(`/proc/${containerd.pid}/root/run/wasm-plugin/oci.log`, 'utf8');
      const [line] = log
        .split('\n')
        .filter((text) => text.includes(`${real}-refused`) && text.includes('refused by setting'));
      expect(line).toContain(SITE_PLUGIN);
    });

    /** With one more plugin. */
    async function withPlugin(name: string, bytes: Uint8Array, act: () => Promise<void>): Promise<void> {
      const sif = join(folder, 'more.sif');
      writeFileSync(sif, bytes);
      expect(await plugged.cli('install', '--yes', sif)).toMatchObject({ exitCode: 0 });
      try {
        await act();
      } finally {
        await plugged.cli('uninstall', name);
      }
    }

    test('the exclusive monitor with the grant ends a container, whose code stays its own', async () => {
      const { id, response } = hooks.monitorContainer;
      const puppet = await packPuppet({
        hook: id,
        answer: encode(response, { signal: 'SIGTERM', exitCode: 9, nextTickMs: 100 }),
        manifest: { monitor: 'exclusive', requests: ['process:signal'] },
      });
      await withPlugin('example.com/puppet', puppet, async () => {
        const script = 'trap "exit 5" TERM; while :; do sleep 0.05; done';
        expect(await run('acted-on', script)).toEqual({ exitCode: 5, stdout: '', stderr: '' });
      });
    });

    test('a monitor hears of its figures and of its end', async () => {
      const name = 'example.com/monitor-plugin';
      await withPlugin(name, await compileExample('monitor-plugin'), async () => {
        await plugged.cli('config', name, 'tickMs=100');
        const log = () => readFileSync(`/proc/${containerd.pid}/root/run/wasm-plugin/oci.log`, 'utf8');
        const heard = () =>
          log()
            .split('\n')
            .filter((line) => line.includes(`${real}-watched`))
            .join('\n');
        const running = run('watched', 'exec sleep 1000');
        await vi.waitFor(() => expect(heard()).toMatch(/started, pid \d+\n.*alive for \d+ ms, \d+ KiB/), 120_000);
        await containerd.ctr('tasks', 'kill', '--signal', 'SIGKILL', `${real}-watched`);
        expect(await running).toMatchObject({ exitCode: 137 });
        await vi.waitFor(() => expect(heard()).toMatch(/exited .* after [1-9]\d* ticks/), 120_000);
      });
    });

    test('another process in the container sees what they set', async () => {
      let ended: unknown;
      const running = run('long', 'exec sleep 1000').then((result) => {
        ended = result;
        return result;
      });
      await vi.waitFor(async () => {
        const { stdout } = await containerd.ctr('tasks', 'list');
        expect({ stdout, ended }).toMatchObject({ stdout: expect.stringMatching(/long .*RUNNING/), ended: undefined });
      }, 120_000);
      const exec = ['tasks', 'exec', '--exec-id', 'one', `${real}-long`, '/bin/sh', '-c', 'echo $SITE'];
      expect(await containerd.ctr(...exec)).toMatchObject({ exitCode: 0, stdout: 'nowhere\n' });
      await containerd.ctr('tasks', 'kill', '--signal', 'SIGKILL', `${real}-long`);
      expect(await running).toEqual({ exitCode: 137, stdout: '', stderr: '' });
    });
  });
});
