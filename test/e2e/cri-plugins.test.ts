/** Plugins under containerd's CRI plugin: what they do to the containers of pods. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AGAIN } from '../support/again.js';
import { type Containerd, canContainerd, startContainerd } from '../support/containerd.js';
import { type CriClient, connectCri, type Pod } from '../support/cri.js';
import { installPlugins, LIMIT_PLUGIN, setupEntry } from '../support/plugged-runtime.js';
import { type RealRuntime, realRuntimes, type Trampoline, writeTrampoline } from '../support/trampoline.js';

const supported = canContainerd();
const runtimes = supported ? realRuntimes() : [];
const MIB = 1024 * 1024;

describe.skipIf(!supported)('plugins under the CRI plugin', AGAIN, () => {
  const trampolines = new Map<RealRuntime, Trampoline>();
  const pods = new Set<Pod>();
  let folder: string;
  let containerd: Containerd;
  let cri: CriClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-plugged-'));
    chmodSync(folder, 0o755);
    const plugged = await installPlugins(folder);
    const handlers: Record<string, string> = {};
    for (const real of runtimes) {
      mkdirSync(join(folder, real));
      const trampoline = writeTrampoline(join(folder, real), real);
      trampolines.set(real, trampoline);
      handlers[`plugins-${real}`] = setupEntry(join(folder, real, 'entry'), plugged, trampoline.path);
    }
    containerd = await startContainerd({ handlers });
    cri = connectCri(containerd.socket);
    // Two plugins are compiled first.
  }, 300_000);
  afterEach(async () => {
    for (const pod of pods) {
      await cri.stopPod(pod);
      await cri.removePod(pod);
    }
    pods.clear();
    expect(await containerd.leftovers()).toEqual([]);
  });
  afterAll(async () => {
    cri?.close();
    await containerd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(runtimes)('with %s', (real) => {
    /** What the real runtime was given. */
    const configOf = (id: string) => (trampolines.get(real) as Trampoline).configs().get(id);

    async function runPod(annotations: Readonly<Record<string, string>> = {}): Promise<Pod> {
      const pod = await cri.runPod({
        handler: `plugins-${real}`,
        annotations,
        cgroupParent: containerd.namespace,
      });
      pods.add(pod);
      return pod;
    }

    test('a container is what two plugins made of it, and its pause container is as it was', async () => {
      const pod = await runPod();
      const script = '[ "$SITE $MEMORY_LIMIT_MIB $(ls /run/host)" = "nowhere 256 os-release" ] && exit 42';
      const id = await cri.runContainer(pod, { command: ['/bin/sh', '-c', script] });
      expect(await cri.waitForExit(id)).toMatchObject({ exit_code: 42 });
      expect(configOf(id)).toMatchObject({ linux: { resources: { memory: { limit: 256 * MIB } } } });

      const paused = configOf(pod.id);
      expect(paused).toMatchObject({ annotations: { 'io.kubernetes.cri.container-type': 'sandbox' } });
      expect(paused).not.toHaveProperty('linux.resources.memory');
      expect(JSON.stringify(paused)).not.toMatch(/SITE|MEMORY_LIMIT_MIB|os-release/);
    });

    test('annotations of the pod, and of the container before them, are the flags that plugins add to run', async () => {
      const pod = await runPod({ 'wasm-plugin/site': 'pod', 'wasm-plugin/memory-mib': '64' });
      const id = await cri.runContainer(pod, {
        command: ['/bin/sh', '-c', '[ "$SITE $MEMORY_LIMIT_MIB" = "container 64" ] && exit 42'],
        annotations: { 'wasm-plugin/site': 'container' },
      });
      expect(await cri.waitForExit(id)).toMatchObject({ exit_code: 42 });
    });

    test('a veto is the reason why a container does not start, and names the plugin; its pod, with the same flag, goes on', async () => {
      const pod = await runPod({ 'wasm-plugin/memory-mib': '0' });
      const vetoed = await cri.createContainer(pod, { command: ['/bin/true'] });
      const start = cri.startContainer(vetoed);
      await expect(start).rejects.toThrow(LIMIT_PLUGIN);
      await expect(start).rejects.toThrow('--memory-mib must be at least 1');
      expect(await cri.containerStatus(vetoed)).toMatchObject({
        state: 'CONTAINER_EXITED',
        message: expect.stringContaining(LIMIT_PLUGIN),
      });
      await cri.removeContainer(vetoed);

      const annotations = { 'wasm-plugin/memory-mib': '64' };
      const next = await cri.runContainer(pod, { command: ['/bin/true'], annotations });
      expect(await cri.waitForExit(next)).toMatchObject({ exit_code: 0 });
    });

    test('another process in the container sees what they set', async () => {
      const pod = await runPod();
      const id = await cri.runContainer(pod, { command: ['/bin/sleep', '1000'] });
      expect(await cri.execSync(id, ['/bin/sh', '-c', 'echo $SITE'])).toMatchObject({
        exitCode: 0,
        stdout: 'nowhere\n',
      });
    });
  });
});
