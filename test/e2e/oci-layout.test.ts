/** OCI image layouts, made by umoci: what they hold and run, and what is wrong with broken ones. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../support/container.js';
import { canContain } from '../support/container.js';
import { createImageWorkshop, type ImageWorkshop } from '../support/images.js';
import { needs } from '../support/need.js';

type Json = Record<string, unknown>;
interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}
/** Documents of a layout, to be bent; what is returned is written back with new digests. */
interface Documents {
  index: Json & { manifests: Descriptor[] };
  manifest: Json & { config: Descriptor; layers: Descriptor[] };
  config: Json & { config: Json };
}

describe.skipIf(!needs('umoci'))('OCI layouts', () => {
  let shop: ImageWorkshop;
  let layout: string;

  const umoci = (...args: string[]): void => {
    const { status, stderr } = spawnSync('umoci', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`umoci ${args.join(' ')} failed: ${stderr}`);
  };
  const blob = (folder: string, { digest }: Descriptor): string => join(folder, 'blobs', digest.replace(':', '/'));
  const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const put = (folder: string, from: Descriptor, value: unknown): Descriptor => {
    const text = JSON.stringify(value);
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    writeFileSync(blob(folder, { ...from, digest }), text);
    return { ...from, digest, size: text.length };
  };

  /** umoci keeps its files to itself. */
  const share = (folder: string): void => void spawnSync('chmod', ['-R', 'a+rX', folder]);

  /** A copy with other documents, all digests in order. */
  function bent(name: string, change: (documents: Documents, folder: string) => unknown): string {
    const folder = shop.path(name);
    rmSync(folder, { recursive: true, force: true });
    cpSync(layout, folder, { recursive: true });
    const index = json(join(folder, 'index.json'));
    const manifest = json(blob(folder, index.manifests[0]));
    const documents: Documents = { index, manifest, config: json(blob(folder, manifest.config)) };
    change(documents, folder);
    if (documents.manifest.config !== undefined) {
      documents.manifest.config = put(folder, documents.manifest.config, documents.config);
    }
    if (index.manifests?.[0] !== undefined) index.manifests[0] = put(folder, index.manifests[0], documents.manifest);
    writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
    share(folder);
    return folder;
  }

  beforeAll(() => {
    shop = createImageWorkshop();
    layout = shop.path('layout');
    const image = `${layout}:one`;
    umoci('init', '--layout', layout);
    umoci('new', '--image', image);
    umoci('insert', '--image', image, shop.rootfs('rootfs', { 'etc/mark': 'lower\n', 'etc/gone': 'lower\n' }), '/');
    writeFileSync(shop.path('mark'), 'upper\n');
    umoci('insert', '--image', image, shop.path('mark'), '/etc/mark');
    umoci('insert', '--image', image, '--whiteout', '/etc/gone');
    const settings = ['--config.env=FROM=image', '--config.env=KEPT=a=b', '--config.workingdir=/etc'];
    umoci('config', '--image', image, ...settings, '--config.cmd=default');
    share(layout);
  });
  afterAll(() => shop.dispose());

  for (const identity of ['root', 'user'] as const satisfies readonly Identity[]) {
    describe.skipIf(!canContain(identity))(`as ${identity}`, () => {
      const passes = [
        { name: 'layers lie on one another', args: ['sh', '-c', 'cat mark; ls gone'], stdout: 'upper\n', exitCode: 2 },
        {
          name: 'its variables and folder',
          args: ['sh', '-c', 'echo $FROM $KEPT $PWD; exit 7'],
          stdout: 'image a=b /etc\n',
          exitCode: 7,
        },
      ];
      for (const { name, args, stdout, exitCode } of passes) {
        test(name, async () => {
          const result = await shop.run(identity, ['run', 'layout', ...args]);
          expect({ stdout: result.stdout, exitCode: result.exitCode }, result.stderr).toEqual({ stdout, exitCode });
          expect(shop.leftovers(identity)).toEqual([]);
        });
      }

      test('options win over what it says', async () => {
        const given = ['--env', 'FROM=caller', '--pwd', '/tmp'];
        const result = await shop.run(identity, ['run', ...given, 'layout', 'sh', '-c', 'echo $FROM $PWD']);
        expect(result.stdout, result.stderr).toBe('caller /tmp\n');
      });

      test('entrypoint, command and user', async () => {
        bent('entry', ({ config }) => Object.assign(config.config, { Entrypoint: ['echo', 'entry'], User: '7:8' }));
        expect((await shop.run(identity, ['run', 'entry'])).stdout).toBe('entry default\n');
        expect((await shop.run(identity, ['run', 'entry', 'typed'])).stdout).toBe('entry typed\n');
        bent('user', ({ config }) => Object.assign(config.config, { User: 'root:8', Cmd: ['id', '-g'] }));
        expect((await shop.run(identity, ['run', 'user'])).stdout).toBe('8\n');
      });

      test('--dry-run shows what it says, and makes nothing', async () => {
        const { stdout, stderr } = await shop.run(identity, ['run', '--dry-run', 'layout']);
        expect(JSON.parse(stdout), stderr).toMatchObject({
          process: { args: ['default'], cwd: '/etc' },
          root: { path: layout },
        });
        expect(shop.leftovers(identity)).toEqual([]);
      });
    });
  }

  test.skipIf(!canContain('user'))('the image for this machine is found in an index of an index', async () => {
    const folder = bent('nested', () => undefined);
    const index = json(join(folder, 'index.json'));
    const [own] = index.manifests;
    const platform = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' };
    // Not there at all, as in a sparse copy; a signature beside them is of another kind.
    const other = { ...own, digest: `sha256:${'0'.repeat(64)}`, platform: { os: 'linux', architecture: 'pdp11' } };
    const signature = { ...other, mediaType: 'application/vnd.example.signature', platform: undefined };
    const inner = { ...own, mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json' };
    const nested = put(folder, inner, { manifests: [other, { ...own, platform }, signature] });
    writeFileSync(join(folder, 'index.json'), JSON.stringify({ ...index, manifests: [nested] }));
    share(folder);
    expect((await shop.run('user', ['run', 'nested', 'cat', 'mark'])).stdout).toBe('upper\n');
  });

  const swap = (folder: string, descriptor: Descriptor): void => {
    const path = blob(folder, descriptor);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(path, bytes);
  };
  const broken: { name: string; change: (documents: Documents, folder: string) => unknown; error: RegExp }[] = [
    {
      name: 'a layer with a changed bit',
      change: ({ manifest }, folder) => swap(folder, manifest.layers[0]!),
      error: /its content is not what/,
    },
    {
      name: 'a layer that is longer than said',
      change: ({ manifest }) => Object.assign(manifest.layers[0]!, { size: manifest.layers[0]!.size - 1 }),
      error: /its descriptor says/,
    },
    {
      name: 'a layer that is missing',
      change: ({ manifest }, folder) => rmSync(blob(folder, manifest.layers[0]!)),
      error: /is missing/,
    },
    {
      name: 'a layer that is no tar',
      change: (documents, folder) =>
        documents.manifest.layers.splice(0, 1, put(folder, documents.manifest.layers[0]!, 'x'.repeat(600))),
      error: /layer "sha256:/,
    },
    {
      name: 'a digest that leads out',
      change: ({ manifest }) => Object.assign(manifest.layers[0]!, { digest: 'sha256:../../../etc/passwd' }),
      error: /only sha256 and sha512/,
    },
    {
      name: 'an unknown digest',
      change: ({ manifest }) => Object.assign(manifest.layers[0]!, { digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' }),
      error: /only sha256 and sha512/,
    },
    {
      name: 'a size that is none',
      change: ({ manifest }) => Object.assign(manifest.layers[0]!, { size: -1 }),
      error: /a size that is none/,
    },
    {
      name: 'a manifest without layers',
      change: ({ manifest }) => Reflect.deleteProperty(manifest, 'layers'),
      error: /has no list "layers"/,
    },
    {
      name: 'too many layers',
      change: ({ manifest }) => Object.assign(manifest, { layers: Array(1001).fill(manifest.layers[0]) }),
      error: /at most 1000/,
    },
    {
      name: 'another machine',
      change: ({ config }) => Object.assign(config, { architecture: 'pdp11' }),
      error: /is for "linux\/pdp11"/,
    },
    {
      name: 'a configuration of something else',
      change: (documents) => Object.assign(documents, { config: {} as Documents['config'] }),
      error: /no container image/,
    },
    {
      name: 'variables that are none',
      change: ({ config }) => Object.assign(config.config, { Env: [1] }),
      error: /"Env" of its configuration/,
    },
    {
      name: 'a relative folder',
      change: ({ config }) => Object.assign(config.config, { WorkingDir: 'etc' }),
      error: /not an absolute path/,
    },
    {
      name: 'a user that it does not have',
      change: ({ config }) => Object.assign(config.config, { User: 'nobody-here' }),
      error: /wants to run as "nobody-here"/,
    },
    {
      name: 'no image',
      change: ({ index }) => Object.assign(index, { manifests: [] }),
      error: /it has no image for linux/,
    },
    {
      name: 'an image for others alone',
      change: ({ index }) => Object.assign(index.manifests[0]!, { platform: { os: 'linux', architecture: 'pdp11' } }),
      error: /it has no image for linux/,
    },
    {
      name: 'two images',
      change: ({ index, manifest }, folder) =>
        void index.manifests.push(put(folder, index.manifests[0]!, { ...manifest, annotations: {} })),
      error: /it has 2 images/,
    },
    {
      name: 'an index that is no JSON',
      change: (_, folder) => writeFileSync(join(folder, 'oci-layout'), '{'),
      error: /oci-layout is not JSON/,
    },
    {
      name: 'a later layout',
      change: (_, folder) => writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
      error: /version "2.0.0"/,
    },
  ];
  for (const { name, change, error } of broken) {
    test.skipIf(!canContain('user'))(name, async () => {
      bent('broken', change);
      const { exitCode, stderr } = await shop.run('user', ['run', 'broken', 'true']);
      expect(stderr).toMatch(error);
      expect(exitCode).toBe(125);
      expect(shop.leftovers('user')).toEqual([]);
    });
  }
});
