/** A node that docs/kubernetes/daemonset.yaml prepared: what a kubelet would ask of its containerd, by the RuntimeClass's handler. */

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGAIN } from '../support/again.js';
import { type Containerd, canContainerd, startContainerd } from '../support/containerd.js';
import { type CriClient, connectCri } from '../support/cri.js';
import { buildImageFolder, initContainerScript, podSpecOf, readManifest } from '../support/kubernetes-node.js';
import { installPlugins, LIMIT_PLUGIN } from '../support/plugged-runtime.js';

const RUNTIME = '/usr/sbin/runc';
const supported = canContainerd() && existsSync(RUNTIME);
if (!supported && canContainerd() && process.env.CI === 'true')
  throw new Error(`The manifests' ${RUNTIME} is not there`);

describe.skipIf(!supported)('a node that the DaemonSet prepared', AGAIN, () => {
  let folder: string;
  let containerd: Containerd;
  let cri: CriClient;
  const [runtimeClass] = readManifest<{ handler: string }>('runtimeclass.yaml');
  const handler = runtimeClass?.handler as string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-node-'));
    chmodSync(folder, 0o755);
    const { command, packages } = await installPlugins(folder);
    const image = join(folder, 'image');
    buildImageFolder(image, dirname(dirname(dirname(command))), packages);
    const prepare = [
      'mkdir -p /etc/containerd',
      'cp "$CONFIG" /etc/containerd/config.toml',
      initContainerScript(podSpecOf('daemonset.yaml'), image),
      // The step that is left to the admin, for a config that has settings of the same plugin.
      'sed /^version/d /etc/containerd/conf.d/wasm-plugin.toml >> "$CONFIG"',
    ].join('\n');
    containerd = await startContainerd({ prepare });
    cri = connectCri(containerd.socket);
  }, 300_000);
  afterAll(async () => {
    cri?.close();
    await containerd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const onNode = (path: string) => join('/proc', `${containerd.pid}`, 'root', path);

  test('runs containers with the plugins of the image', async () => {
    const pod = await cri.runPod({ handler, cgroupParent: containerd.namespace });
    const script = '[ "$SITE $MEMORY_LIMIT_MIB $(ls /run/host)" = "nowhere 256 os-release" ] && exit 42';
    const id = await cri.runContainer(pod, { command: ['/bin/sh', '-c', script] });
    expect(await cri.waitForExit(id)).toMatchObject({ exit_code: 42 });

    const vetoed = await cri.createContainer(pod, {
      command: ['/bin/true'],
      annotations: { 'wasm-plugin/memory-mib': '0' },
    });
    await expect(cri.startContainer(vetoed)).rejects.toThrow(LIMIT_PLUGIN);

    await cri.stopPod(pod);
    await cri.removePod(pod);
    expect(await containerd.leftovers()).toEqual([]);
  });

  test('tells the admin what is left to do', () => {
    expect(containerd.log()).toContain('next: append the tables of /etc/containerd/conf.d/wasm-plugin.toml');
    expect(containerd.log()).toContain('next: restart containerd');
  });

  test('has only the store left after the uninstall', () => {
    const script = initContainerScript(podSpecOf('uninstall.yaml'), join(folder, 'image'));
    execFileSync('nsenter', ['-t', `${containerd.pid}`, '-m', '--', 'sh', '-euc', script]);
    expect(readdirSync(onNode('/opt/wasm-plugin'))).toEqual([]);
    expect(readdirSync(onNode('/etc/containerd/conf.d'))).toEqual([]);
    expect(readdirSync(onNode('/var/lib/wasm-plugin'))).toContain('plugins');
    for (const path of ['/opt/wasm-plugin', '/var/lib/wasm-plugin']) expect(existsSync(path)).toBe(false);
  });
});
