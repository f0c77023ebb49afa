/** The OCI runtime under containerd's CRI plugin, driven as a kubelet would. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AGAIN } from '../support/again.js';
import { type Containerd, canContainerd, startContainerd } from '../support/containerd.js';
import { type CriClient, connectCri, type Pod } from '../support/cri.js';
import { type RealRuntime, realRuntimes, type Trampoline, writeTrampoline } from '../support/trampoline.js';

const supported = canContainerd();
const runtimes = supported ? realRuntimes() : [];

describe.skipIf(!supported)('under the CRI plugin', AGAIN, () => {
  const trampolines = new Map<RealRuntime, Trampoline>();
  const pods = new Set<Pod>();
  let folder: string;
  let containerd: Containerd;
  let cri: CriClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-cri-'));
    for (const real of runtimes) {
      mkdirSync(join(folder, real));
      trampolines.set(real, writeTrampoline(join(folder, real), real));
    }
    const handlers = [...trampolines].map(([real, { path }]) => [`by-${real}`, path]);
    containerd = await startContainerd({ handlers: Object.fromEntries(handlers) });
    cri = connectCri(containerd.socket);
  });
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

  async function runPod(handler: string, annotations: Readonly<Record<string, string>> = {}): Promise<Pod> {
    const pod = await cri.runPod({ handler, annotations, cgroupParent: containerd.namespace });
    pods.add(pod);
    return pod;
  }

  test('speaks of itself', async () => {
    expect(await cri.version()).toMatchObject({ runtime_name: 'containerd', runtime_api_version: 'v1' });
  });

  test('refuses a handler that is not configured', async () => {
    await expect(runPod('unheard-of')).rejects.toThrow('no runtime for "unheard-of" is configured');
  });

  describe.each(runtimes)('a trampoline to %s', (real) => {
    const handler = `by-${real}`;
    const configOf = (id: string) => (trampolines.get(real) as Trampoline).configs().get(id);

    test.each([0, 7, 255])('tells the exit code %i', async (code) => {
      const pod = await runPod(handler);
      const id = await cri.runContainer(pod, { command: ['/bin/sh', '-c', `exit ${code}`] });
      expect(await cri.waitForExit(id)).toMatchObject({ state: 'CONTAINER_EXITED', exit_code: code });
    });

    test('executes in a container, and stops it', async () => {
      const pod = await runPod(handler);
      const id = await cri.runContainer(pod, { command: ['/bin/sleep', '1000'], env: { COLOR: 'blue' } });
      expect(await cri.containerStatus(id)).toMatchObject({ state: 'CONTAINER_RUNNING' });
      expect(await cri.execSync(id, ['/bin/sh', '-c', 'echo $COLOR; echo err >&2; exit 4'])).toEqual({
        exitCode: 4,
        stdout: 'blue\n',
        stderr: 'err\n',
      });
      await cri.stopContainer(id);
      expect(await cri.containerStatus(id)).toMatchObject({ state: 'CONTAINER_EXITED', exit_code: 137 });
      await cri.removeContainer(id);
    });

    test('sees which container is the pause container, and the annotations of pods and containers', async () => {
      const pod = await runPod(handler, { 'wasm-plugin/pod': 'yes', 'other.example/pod': 'no' });
      const id = await cri.runContainer(pod, {
        command: ['/bin/true'],
        annotations: { 'wasm-plugin/container': 'yes' },
      });
      await cri.waitForExit(id);
      expect(configOf(pod.id)).toMatchObject({
        annotations: { 'io.kubernetes.cri.container-type': 'sandbox', 'wasm-plugin/pod': 'yes' },
      });
      expect(configOf(pod.id)).not.toHaveProperty(['annotations', 'other.example/pod']);
      expect(configOf(id)).toMatchObject({
        annotations: {
          'io.kubernetes.cri.container-type': 'container',
          'io.kubernetes.cri.sandbox-id': pod.id,
          'wasm-plugin/pod': 'yes',
          'wasm-plugin/container': 'yes',
        },
      });
    });
  });
});
