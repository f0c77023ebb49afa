/** The manifests of docs/kubernetes: readable, without more power than they need, and of one mind with `setup containerd`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planContainerd } from '../../host/cli/setup/containerd.js';
import { RUNTIME_NAME } from '../../host/cli/setup/plan.js';
import { HOST_VERSION } from '../../host/index.js';
import { type PodSpec, podSpecOf, readManifest } from '../support/kubernetes-node.js';
import { parsePlainYaml } from '../support/plain-yaml.js';

const FOLDER = join(import.meta.dirname, '../../docs/kubernetes');
const KINDS = new Map([
  ['daemonset.yaml', 'apps/v1 DaemonSet'],
  ['runtimeclass.yaml', 'node.k8s.io/v1 RuntimeClass'],
  ['uninstall.yaml', 'apps/v1 DaemonSet'],
]);

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

test('each file is one object of a kind that is expected of it', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
  const found = files.map((file) => [
    file,
    readManifest<Manifest>(file)
      .map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)
      .join(),
  ]);
  expect(new Map(found as [string, string][])).toEqual(KINDS);
});

const plan = planContainerd(
  {
    program: ['/node', '/script'],
    runtime: '/usr/sbin/runc',
    store: '/var/lib/wasm-plugin',
    state: '/run/wasm-plugin',
    pluginDeadline: undefined,
    folder: '/opt/wasm-plugin/containerd',
    config: '/etc/containerd/conf.d',
  },
  undefined,
);

test('the handler of the RuntimeClass is the one that setup writes', () => {
  const [runtimeClass] = readManifest<Manifest & { handler: string }>('runtimeclass.yaml');
  const tables = [...(plan.files.at(-1)?.text ?? '').matchAll(/^\[plugins\..*\.containerd\.runtimes\.([^.\]]+)\]$/gm)];
  expect(tables.map((match) => match[1])).toContain(runtimeClass?.handler);
  expect(runtimeClass).toMatchObject({ handler: RUNTIME_NAME, metadata: { name: RUNTIME_NAME } });
});

describe.each(['daemonset.yaml', 'uninstall.yaml'] as const)('%s', (file) => {
  const spec: PodSpec = podSpecOf(file);
  const everything = [...spec.initContainers, ...spec.containers];

  test('takes nothing of the node but the folders that are needed', () => {
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC', 'serviceAccountName']) expect(spec).not.toHaveProperty(key);
    expect(spec).toMatchObject({ automountServiceAccountToken: false });
    for (const { securityContext } of everything) {
      expect(securityContext).not.toHaveProperty('privileged');
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(securityContext).not.toHaveProperty('capabilities.add');
    }
    // Only the container that ends is root, and only it sees the node.
    for (const { securityContext, volumeMounts } of spec.containers) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true });
      expect(volumeMounts).toBeUndefined();
    }
  });

  test('has each folder at the path where the node has it, and writes where setup does', () => {
    const [install] = spec.initContainers;
    const paths = new Map(spec.volumes.map(({ name, hostPath }) => [name, hostPath.path]));
    for (const { name, mountPath } of install?.volumeMounts ?? []) expect(paths.get(name)).toBe(mountPath);
    const writable = (install?.volumeMounts ?? []).filter(({ readOnly }) => readOnly !== true);
    for (const { path } of plan.files) {
      expect(writable.some(({ mountPath }) => path.startsWith(`${mountPath}/`))).toBe(true);
    }
    const script = install?.args?.join('') ?? '';
    expect(script).toContain(
      '--runtime /usr/sbin/runc --dir /opt/wasm-plugin/containerd --config-dir /etc/containerd/conf.d',
    );
  });

  test('is of this version', () => {
    for (const container of everything)
      expect(container).toMatchObject({ image: expect.stringMatching(`:${HOST_VERSION}$`) });
    for (const { env = [] } of spec.initContainers) {
      for (const { name, value } of env) expect({ name, value }).toEqual({ name: 'RELEASE', value: HOST_VERSION });
    }
  });
});

describe('the reader of manifests', () => {
  test('reads maps, lists, texts and words', () => {
    const text =
      '# what\na: 1\nb:\n  - c: "1"\n    d: [x, true]\n  -  e\nf:\n- |\n  one\n\n    two\ng: v/1:2\nh:\n---\n- null\n';
    expect(parsePlainYaml(text)).toEqual([
      { a: 1, b: [{ c: '1', d: ['x', true] }, 'e'], f: ['one\n\n  two\n'], g: 'v/1:2', h: null },
      [null],
    ]);
  });

  test.each([
    { name: 'a tab', text: 'a:\n\tb: 1' },
    { name: 'a key twice', text: 'a: 1\na: 2' },
    { name: 'an indent that fits nothing', text: 'a:\n    b: 1\n  c: 2' },
    { name: 'a word that some read as a truth', text: 'a: yes' },
    { name: 'a version that some read as a number', text: 'a: 1.10' },
    { name: 'a comment behind a word', text: 'a: b # c' },
    { name: 'a map in one line', text: 'a: {b: 1}' },
    { name: 'a reference', text: 'a: *b' },
    { name: 'a text that folds', text: 'a: >\n  b' },
    { name: 'a map in a word', text: 'a: b: c' },
  ])('refuses $name', ({ text }) => {
    expect(() => parsePlainYaml(text)).toThrow(SyntaxError);
  });
});
