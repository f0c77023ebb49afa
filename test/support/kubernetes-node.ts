/** The manifests of docs/kubernetes, and their install containers run for real, as far as that goes without a kubelet. */
import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePlainYaml } from './plain-yaml.js';

const FOLDER = fileURLToPath(new URL('../../docs/kubernetes/', import.meta.url));

export interface KubernetesContainer {
  readonly name: string;
  readonly command: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface PodSpec {
  readonly initContainers: readonly KubernetesContainer[];
  readonly containers: readonly KubernetesContainer[];
  readonly volumes: readonly {
    readonly name: string;
    readonly hostPath: { readonly path: string; readonly type: string };
  }[];
  readonly [key: string]: unknown;
}

/** @returns the documents of one of the files. */
export function readManifest<T>(name: string): T[] {
  return parsePlainYaml(readFileSync(join(FOLDER, name), 'utf8')) as unknown[] as T[];
}

export function podSpecOf(name: 'daemonset.yaml' | 'uninstall.yaml'): PodSpec {
  const [daemonSet] = readManifest<{ spec: { template: { spec: PodSpec } } }>(name);
  return (daemonSet as NonNullable<typeof daemonSet>).spec.template.spec;
}

/** What the image of the README has in /usr/local. @param plugins - paths of packages. */
export function buildImageFolder(folder: string, packageFolder: string, plugins: readonly string[]): void {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  copyFileSync(process.execPath, join(folder, 'bin/node'));
  cpSync(packageFolder, join(folder, 'lib/node_modules/wasm-plugin'), { recursive: true });
  mkdirSync(join(folder, 'share/wasm-plugin'), { recursive: true });
  for (const [index, path] of plugins.entries()) {
    copyFileSync(path, join(folder, `share/wasm-plugin/${index}.sif`));
  }
}

/**
 * Shell commands that run an init container on what is the node here: the mount namespace that they are executed in.
 *
 * Without capabilities, and with nothing writable but the mounts of the manifest that are. The container has the node's root
 * instead of the image's, whose part that matters is `image`.
 */
export function initContainerScript(spec: PodSpec, image: string): string {
  const [container] = spec.initContainers;
  const { command, args = [], env = [], volumeMounts = [] } = container as KubernetesContainer;
  const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  const words = (list: readonly string[]) => list.map(quote).join(' ');
  const mounts = volumeMounts.map(({ name, mountPath, readOnly }) => {
    const { path, type } = spec.volumes.find((volume) => volume.name === name)?.hostPath ?? { path: '', type: '' };
    if (path !== mountPath)
      throw new Error(`${path} would be ${mountPath} in the container, but setup writes its paths`);
    return { path, type, readOnly: readOnly === true };
  });
  // What the kubelet does before it starts a pod.
  const make = mounts
    .filter(({ type }) => type === 'DirectoryOrCreate')
    .map(({ path }) => `mkdir -p -m 755 ${quote(path)}`);
  const closed = ['/usr/local', '/etc', '/opt', '/var/lib', '/'];
  const inside = [
    `mount --rbind ${quote(image)} /usr/local`,
    ...mounts.filter(({ readOnly }) => !readOnly).map(({ path }) => `mount --bind ${quote(path)} ${quote(path)}`),
    ...closed.map((path) => `mount -o remount,bind,ro ${path}`),
    'unset CONFIG',
    ...env.map(({ name, value }) => `export ${name}=${quote(value)}`),
    `exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- ${words([...command, ...args])}`,
  ];
  return [...make, `unshare --mount --propagation private -- sh -euc ${quote(inside.join('\n'))}`].join('\n');
}
