/** Archives of images and several images in one place, as skopeo and podman write and name them. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../support/container.js';
import { canContain } from '../support/container.js';
import { createImageWorkshop, type ImageWorkshop } from '../support/images.js';
import { needs } from '../support/need.js';
import { writeOciArchive } from '../support/oci-archive.js';

const MARK = ['cat', '/etc/mark'];

describe.skipIf(!needs('skopeo') || !needs('tar'))('archives of images', () => {
  let shop: ImageWorkshop;
  const skopeo = (from: string, to: string, ...more: string[]): void =>
    void execFileSync('skopeo', ['--insecure-policy', 'copy', '--quiet', ...more, from, to], {
      cwd: shop.folder,
      stdio: 'pipe',
    });
  const share = (): void => void execFileSync('chmod', ['-R', 'a+rX', ...['one', 'two', 'both'].map(shop.path)]);

  beforeAll(() => {
    shop = createImageWorkshop();
    for (const name of ['one', 'two']) {
      const root = shop.rootfs(`root-${name}`, { 'etc/mark': `${name}\n` });
      writeOciArchive(shop.path(`${name}.tar`), root, { name: `localhost/${name}:1`, cmd: MARK, env: ['FROM=image'] });
      mkdirSync(shop.path(name));
      execFileSync('tar', ['-C', shop.path(name), '-xf', shop.path(`${name}.tar`)]);
    }
    skopeo('oci-archive:one.tar', 'oci:both:v1');
    skopeo('oci-archive:two.tar', 'oci:both:localhost/two:v2');
    skopeo('oci-archive:one.tar', 'oci-archive:skopeo.tar');
    skopeo('oci-archive:one.tar', 'oci-archive:tagged.tar:some/name:1');
    skopeo('oci-archive:one.tar', 'docker-archive:docker.tar:localhost/one:1');
    execFileSync('tar', ['-C', shop.path('both'), '-cf', shop.path('both.tar'), '.']);
    share();
  });
  afterAll(() => shop.dispose());

  for (const identity of ['root', 'user'] as const satisfies readonly Identity[]) {
    describe.skipIf(!canContain(identity))(`as ${identity}`, () => {
      const runs = [
        { image: 'one.tar', stdout: 'one\n' },
        { image: 'skopeo.tar', stdout: 'one\n' },
        { image: 'tagged.tar', stdout: 'one\n' },
        { image: 'tagged.tar:some/name:1', stdout: 'one\n' },
        { image: 'oci-archive:tagged.tar:1', stdout: 'one\n' },
        { image: 'docker.tar', stdout: 'one\n' },
        { image: 'docker-archive:docker.tar:localhost/one:1', stdout: 'one\n' },
        { image: 'both:v1', stdout: 'one\n' },
        { image: 'oci:both:localhost/two:v2', stdout: 'two\n' },
        { image: 'both:v2', stdout: 'two\n' },
        { image: 'oci-archive:both.tar:v2', stdout: 'two\n' },
      ];
      for (const { image, stdout } of runs) {
        test(`run ${image}`, async () => {
          const result = await shop.run(identity, ['run', image]);
          expect({ exitCode: result.exitCode, stdout: result.stdout }, result.stderr).toEqual({ exitCode: 0, stdout });
          expect(shop.leftovers(identity)).toEqual([]);
        });
      }

      test('--dry-run shows what an archive says', async () => {
        const { stdout, stderr } = await shop.run(identity, ['run', '--dry-run', 'oci-archive:one.tar']);
        expect(JSON.parse(stdout), stderr).toMatchObject({
          process: { args: MARK, env: expect.arrayContaining(['FROM=image']) },
          root: { path: shop.path('one.tar') },
        });
      });
    });
  }

  describe.skipIf(!canContain('user'))('what is refused', () => {
    const cases: { name: string; image: string; error: RegExp; make?: () => void }[] = [
      { name: 'several images', image: 'both', error: /it has 2 images for linux\/\w+: "v1", "localhost\/two:v2"/ },
      { name: 'another tag', image: 'both:v3', error: /it has no image "v3", but "v1", "localhost\/two:v2"/ },
      { name: 'a tag of a folder', image: 'root-one:v1', error: /holds no images of which one could be called "v1"/ },
      { name: 'a layout as an archive', image: 'oci-archive:both:v1', error: /it is no oci-archive/ },
      { name: 'an archive as a layout', image: 'oci:one.tar', error: /it is no OCI layout/ },
      { name: 'one archive as the other', image: 'docker-archive:one.tar', error: /it is no docker-archive/ },
      { name: 'nothing there', image: 'oci:gone:v1', error: /there is no such file or folder/ },
      {
        name: 'an archive that is cut in its layer',
        image: 'cut.tar',
        error: /the archive ends within|index.json is missing|ends in the middle/,
        make: () => {
          cpSync(shop.path('one.tar'), shop.path('cut.tar'));
          truncateSync(shop.path('cut.tar'), readFileSync(shop.path('one.tar')).byteLength - 200_000);
        },
      },
      {
        name: 'another file in the archive',
        image: 'odd.tar',
        error: /of no kind that can be run/,
        make: () => {
          cpSync(shop.path('one.tar'), shop.path('odd.tar'));
          writeFileSync(shop.path('odd file'), '');
          execFileSync('tar', ['-C', shop.folder, '-rf', shop.path('odd.tar'), 'odd file']);
        },
      },
      {
        name: 'a layer of docker with another digest',
        image: 'changed.tar',
        error: /its content is not what the manifest says/,
        make: () => {
          const bytes = readFileSync(shop.path('docker.tar'));
          const at = bytes.lastIndexOf('one\n');
          bytes.write('eno\n', at);
          writeFileSync(shop.path('changed.tar'), bytes);
        },
      },
      {
        name: 'a packed layer of docker',
        image: 'packed.tar',
        error: /the layer 1 is packed with gzip/,
        make: () => {
          mkdirSync(shop.path('packed'), { recursive: true });
          execFileSync('tar', ['-C', shop.path('packed'), '-xf', shop.path('docker.tar')]);
          const [manifest] = JSON.parse(readFileSync(shop.path('packed/manifest.json'), 'utf8'));
          const layer = shop.path(`packed/${manifest.Layers[0]}`);
          const bytes = gzipSync(readFileSync(layer), { level: 1 });
          // skopeo's file cannot be written to.
          rmSync(layer);
          writeFileSync(layer, bytes);
          execFileSync('tar', ['-C', shop.path('packed'), '-cf', shop.path('packed.tar'), '.']);
        },
      },
      {
        name: 'a manifest of docker that leads out',
        image: 'out.tar',
        error: /"?\.\.\/\.\.\/etc\/passwd"? is missing/,
        make: () => {
          mkdirSync(shop.path('out'), { recursive: true });
          const manifest = [{ Config: '../../etc/passwd', RepoTags: null, Layers: [] }];
          writeFileSync(shop.path('out/manifest.json'), JSON.stringify(manifest));
          execFileSync('tar', ['-C', shop.path('out'), '-cf', shop.path('out.tar'), '.']);
          rmSync(shop.path('out'), { recursive: true });
        },
      },
      {
        name: 'a manifest of docker that is none',
        image: 'none.tar',
        error: /manifest.json is no list/,
        make: () => {
          mkdirSync(shop.path('none'), { recursive: true });
          writeFileSync(shop.path('none/manifest.json'), '{}');
          execFileSync('tar', ['-C', shop.path('none'), '-cf', shop.path('none.tar'), '.']);
        },
      },
    ];
    for (const { name, image, error, make } of cases) {
      test(name, async () => {
        make?.();
        const { exitCode, stderr } = await shop.run('user', ['run', image, 'true']);
        expect(stderr).toMatch(error);
        expect(stderr).not.toContain('Internal error');
        expect(exitCode).toBe(125);
        expect(shop.leftovers('user')).toEqual([]);
      });
    }
  });
});
