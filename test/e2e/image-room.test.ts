/** Images that do not fit: each way of unpacking stops before the temporary folder is full, says so, and leaves nothing in it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canContain } from '../support/container.js';
import { compileExample } from '../support/example-plugin.js';
import { canMakeImages, createImageWorkshop, type ImageWorkshop } from '../support/images.js';
import { writeOciArchive } from '../support/oci-archive.js';

const MIB = 2 ** 20;
const FILES = 3000;

/** A file system that is not full, but has no room for what others need beside one of the images. */
const DISKS = [
  { name: 'bytes', mount: 'size=300m', image: 'big' },
  { name: 'inodes', mount: 'size=1g,nr_inodes=11000', image: 'many' },
];

const WAYS = [
  { name: 'squashfs', path: (image: string) => `${image}.sqfs` },
  { name: 'an OCI layout', path: (image: string) => `${image}-layout` },
  { name: 'a plugin', path: (image: string) => `${image}.tar` },
];

describe.skipIf(!canMakeImages() || !canContain('root'))('images that do not fit', () => {
  let shop: ImageWorkshop;

  beforeAll(async () => {
    shop = createImageWorkshop();
    const big = shop.rootfs('big');
    writeFileSync(join(big, 'data'), Buffer.alloc(96 * MIB, 'not a hole '));
    const many = shop.rootfs('many');
    mkdirSync(join(many, 'data'));
    for (let index = 0; index < FILES; index++) writeFileSync(join(many, `data/${index}`), '');
    for (const image of [big, many]) {
      const name = image === big ? 'big' : 'many';
      shop.squashfs(`${name}.sqfs`, image);
      execFileSync('tar', ['-C', image, '-cf', shop.path(`${name}.tar`), '.']);
      const layout = shop.path(`${name}-layout`);
      mkdirSync(layout);
      writeOciArchive(shop.path('archive'), image, { name: 'a:1' });
      execFileSync('tar', ['-C', layout, '-xf', shop.path('archive')]);
    }
    writeFileSync(shop.path('driver.sif'), await compileExample('tar-image-driver'));
    expect(await shop.run('root', ['install', '--yes', 'driver.sif'])).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => shop.dispose());

  /** Run with a temporary folder on a disk of its own; what is in it afterwards is said on stdout. */
  const runOn = (mount: string, image: string) => {
    const script = [
      `mkdir -p "$TMPDIR/disk" && mount -t tmpfs -o ${mount},mode=700 disk "$TMPDIR/disk" || exit 99`,
      'TMPDIR="$TMPDIR/disk" "$@"',
      'code=$?; echo "left: $(find "$TMPDIR/disk" -mindepth 1 | wc -l)"; exit $code',
    ].join('\n');
    return shop.run('root', ['run', '--unpack', image, 'true'], ['unshare', '--mount', 'sh', '-c', script, 'wrap']);
  };

  for (const disk of DISKS) {
    for (const way of WAYS) {
      test(`${way.name}, for want of ${disk.name}`, async () => {
        const { exitCode, stdout, stderr } = await runOn(disk.mount, way.path(disk.image));
        expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 125, stdout: 'left: 0\n' });
        expect(stderr).toMatch(/cannot unpack the image ".*": the temporary folder is full/);
        expect(stderr).toContain('Set TMPDIR to a folder with more room.');
      });
    }
  }

  test.each(WAYS)('$name, where there is room', async ({ path }) => {
    const { exitCode, stdout, stderr } = await runOn('size=1g,nr_inodes=20000', path('many'));
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: 'left: 0\n' });
  });

  test('a disk that is full from the start', async () => {
    const { exitCode, stdout, stderr } = await runOn('size=1g,nr_inodes=2', 'many-layout');
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 125, stdout: 'left: 0\n' });
    expect(stderr).toContain('the temporary folder is full');
  });
});
