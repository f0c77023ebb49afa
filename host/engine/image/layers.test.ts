/** Layers by real tools, compared with what these tools make of them, and layers by hand that no tool writes. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { needs } from '../../../test/support/need.js';
import { paxRecord, tarArchive, tarEntry } from '../../../test/support/tar.js';
import { rejected, thrown } from '../../../test/support/thrown.js';
import { listTree, readTree } from '../../../test/support/tree.js';
import { createRootfs, type RootfsPolicy, removeRootfs } from '../../capability/index.js';
import type { LayerFile } from './layer-file.js';
import { finishRoot, unpackLayers } from './layers.js';

let base = '';
let root = '';
const open: number[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'wasm-plugin-layers-'));
  root = join(base, 'root');
  mkdirSync(root);
});
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
  removeRootfs(base);
});

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function layer(bytes: Uint8Array): LayerFile {
  const path = join(base, `layer-${open.length}`);
  writeFileSync(path, bytes);
  const fd = openSync(path, 'r');
  open.push(fd);
  return { fd, size: bytes.byteLength, digest: digestOf(bytes) };
}

async function unpack(layers: readonly Uint8Array[], policy: Partial<RootfsPolicy> = {}) {
  const made = createRootfs(root, policy);
  try {
    const leftOut = await unpackLayers(layers.map(layer), made, { image: 'an image' });
    made.close();
    return leftOut;
  } finally {
    made.abort();
  }
}

const file = (name: string, data = 'x') => tarEntry({ name, data });
const folder = (name: string) => tarEntry({ name, type: '5', mode: '0000755' });
const link = (name: string, target: string) => tarEntry({ name, type: '2', link: target });
const second = (name: string, existing: string) => tarEntry({ name, type: '1', link: existing });

describe('as GNU tar', () => {
  test.skipIf(!needs('tar')).each(['v7', 'ustar', 'gnu', 'pax'])('format %s', async (format) => {
    const [from, theirs] = [join(base, 'from'), join(base, 'theirs')];
    // What the oldest formats cannot say is left to the others.
    const isNew = format === 'gnu' || format === 'pax';
    mkdirSync(join(from, 'a/b'), { recursive: true });
    mkdirSync(theirs);
    writeFileSync(join(from, 'a/b/big'), Buffer.alloc(1_000_001, 'big'));
    writeFileSync(join(from, 'a/empty'), '', { mode: 0o600 });
    writeFileSync(join(from, isNew ? `ü${'n'.repeat(200)}` : 'short'), 'x', { mode: 0o755 });
    symlinkSync(isNew ? `../${'t'.repeat(200)}` : '../t', join(from, 'a/link'));
    execFileSync('ln', [join(from, 'a/b/big'), join(from, 'z')]);
    execFileSync('chmod', ['1777', join(from, 'a/b')]);
    execFileSync('touch', [
      '-d',
      '2001-02-03T04:05:06',
      join(from, 'a/b/big'),
      join(from, 'a/b'),
      join(from, 'a'),
      from,
    ]);
    const tar = join(base, 'tar');
    execFileSync('tar', ['--format', format, '--sort=name', '-cf', tar, '-C', from, '.']);
    execFileSync('tar', ['-xpf', tar, '-C', theirs]);

    for (const bytes of [readFileSync(tar), zlib.gzipSync(readFileSync(tar))]) {
      expect(await unpack([bytes])).toEqual({ devices: 0, xattrs: 0 });
      const seen = (path: string) =>
        readTree(path).map(({ stats, ...entry }) => [
          entry,
          stats.mode,
          stats.uid,
          stats.nlink,
          Math.floor(stats.mtimeMs / 1000),
        ]);
      expect(seen(root)).toEqual(seen(theirs));
      removeRootfs(root);
      mkdirSync(root);
    }
  });
});

test.skipIf(!needs('umoci') || process.getuid?.() !== 0)('as umoci, over three layers (needs root)', async () => {
  const image = join(base, 'image');
  const umoci = (...words: string[]) => execFileSync('umoci', words, { stdio: 'pipe' });
  const change = (script: string, tag: string, next: string) => {
    const bundle = join(base, `bundle-${next}`);
    umoci('unpack', '--image', `${image}:${tag}`, bundle);
    execFileSync('sh', ['-ec', script], { cwd: join(bundle, 'rootfs') });
    umoci('repack', '--image', `${image}:${next}`, bundle);
  };
  umoci('init', '--layout', image);
  umoci('new', '--image', `${image}:0`);
  change(
    'mkdir -p usr/lib etc/a/b; ln -s usr/lib lib; echo 1 > usr/lib/x; echo 1 > etc/a/b/c; echo 1 > etc/d; chown 5:6 etc/d',
    '0',
    '1',
  );
  change(
    'rm -r etc/a usr/lib/x; echo 2 > usr/lib/y; mkdir etc/a; echo 2 > etc/a/new; ln etc/d etc/e; chmod 700 etc',
    '1',
    '2',
  );
  change('rm etc/d lib; mkdir lib; echo 3 > lib/z; ln -s nowhere etc/d; mv usr/lib usr/lob', '2', '3');
  umoci('raw', 'unpack', '--image', `${image}:3`, join(base, 'theirs'));

  const blob = (digest: string) => readFileSync(join(image, 'blobs', digest.replace(':', '/')));
  const { manifests } = JSON.parse(readFileSync(join(image, 'index.json'), 'utf8'));
  const newest = manifests.find((each: { annotations: Record<string, string> }) =>
    Object.values(each.annotations).includes('3'),
  );
  const { layers } = JSON.parse(blob(newest.digest).toString());
  expect(layers).toHaveLength(3);
  await unpack(layers.map(({ digest }: { digest: string }) => blob(digest)));
  const seen = (path: string) =>
    readTree(path).map(({ stats, ...entry }) => [entry, stats.mode, stats.uid, stats.gid, stats.nlink]);
  expect(seen(root)).toEqual(seen(join(base, 'theirs')));
});

describe('what layers take away', () => {
  const below = tarArchive(file('a/b/c'), file('a/d'), file('e'), link('l', 'a'));
  test.each<{ name: string; above: Uint8Array[]; want: string[] }>([
    { name: 'a file', above: [file('.wh.e')], want: ['a', 'a/b', 'a/b/c', 'a/d', 'l'] },
    { name: 'a folder', above: [file('./.wh.a')], want: ['e', 'l'] },
    { name: 'a link, not what it names', above: [file('.wh.l')], want: ['a', 'a/b', 'a/b/c', 'a/d', 'e'] },
    { name: 'through a link', above: [file('l/.wh.d')], want: ['a', 'a/b', 'a/b/c', 'e', 'l'] },
    { name: 'what is not there', above: [file('x/.wh.y')], want: ['a', 'a/b', 'a/b/c', 'a/d', 'e', 'l'] },
    { name: 'all in a folder', above: [folder('a/'), file('a/.wh..wh..opq')], want: ['a', 'e', 'l'] },
    {
      name: 'all, after what is new',
      above: [file('a/b/n'), file('a/.wh..wh..opq')],
      want: ['a', 'a/b', 'a/b/n', 'e', 'l'],
    },
    { name: 'all in the root', above: [file('.wh..wh..opq'), file('n')], want: ['n'] },
    { name: 'a name that is new', above: [file('a/n'), file('.wh.a')], want: ['a', 'a/n', 'e', 'l'] },
    {
      name: 'nothing for an old file system',
      above: [file('.wh..wh.plnk/1'), file('.wh..wh.aufs')],
      want: ['a', 'a/b', 'a/b/c', 'a/d', 'e', 'l'],
    },
  ])('$name', async ({ above, want }) => {
    await unpack([below, tarArchive(...above)]);
    expect(
      listTree(root)
        .slice(1)
        .map((line) => line.split(' ')[0]),
    ).toEqual(want);
  });
});

describe('what is put in', () => {
  test('a layer that lies in a larger file', async () => {
    const archive = zlib.gzipSync(tarArchive(file('a')));
    const outer = layer(Buffer.concat([Buffer.alloc(1000, 'x'), archive, Buffer.alloc(1000, 'y')]));
    const made = createRootfs(root);
    const inner = { ...outer, offset: 1000, size: archive.byteLength, digest: digestOf(archive) };
    await unpackLayers([inner], made, { image: 'i' });
    made.close();
    expect(listTree(root)).toEqual(['. folder 755', 'a file 644 x']);
  });

  test('names as tools write them', async () => {
    await unpack([
      tarArchive(folder('./'), file('./a'), file('/b'), file('c//d/./e'), folder('f/'), second('g', './a')),
    ]);
    expect(listTree(root)).toEqual([
      '. folder 755',
      'a file 644 x',
      'b file 644 x',
      'c folder 755',
      'c/d folder 755',
      'c/d/e file 644 x',
      'f folder 755',
      'g file 644 x',
    ]);
  });

  test('zstd, where Node has it', async () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array };
    // The magic is all that is looked at by a Node without it.
    const frame = Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.alloc(20)]);
    if (zstdCompressSync === undefined) {
      expect((await rejected(unpack([frame]))).message).toMatch(/zstd/);
      return;
    }
    await unpack([zstdCompressSync(tarArchive(file('a')))]);
    expect(listTree(root)).toEqual(['. folder 755', 'a file 644 x']);
    removeRootfs(root);
    mkdirSync(root);
    expect((await rejected(unpack([frame]))).message).toMatch(/(Z|ZSTD)_[A-Z]/);
  });

  test('a second name of a link is a link', async () => {
    await unpack([tarArchive(link('a', '/b'), second('c', 'a'), file('a'), second('d', 'a'))]);
    expect(listTree(root)).toEqual(['. folder 755', 'a file 644 x', 'c link /b', 'd file 644 x']);
  });

  test('devices and attributes are left out and counted', async () => {
    const pax = tarEntry({ type: 'x', data: paxRecord('SCHILY.xattr.security.capability', 'x') });
    const archive = tarArchive(
      tarEntry({ name: 'null', type: '3' }),
      tarEntry({ name: 'pipe', type: '6' }),
      pax,
      file('a'),
    );
    expect(await unpack([archive, archive])).toEqual({ devices: 4, xattrs: 2 });
    expect(listTree(root)).toEqual(['. folder 755', 'a file 644 x']);
  });
});

describe('what is refused', () => {
  const good = tarArchive(file('a', 'x'.repeat(5000)));
  const changed = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] as number) ^ 1;
    return copy;
  };
  test.each<{ name: string; bytes: Uint8Array; code?: string; why: RegExp; policy?: Partial<RootfsPolicy> }>([
    { name: 'a path with ..', bytes: tarArchive(file('a/../../b')), why: /the part "\.\."/ },
    { name: 'taking away ..', bytes: tarArchive(file('.wh...')), why: /the part "\.\."/ },
    { name: 'taking away .', bytes: tarArchive(file('a/.wh..')), why: /the part "\."/ },
    { name: 'taking away nothing', bytes: tarArchive(file('.wh.')), why: /empty part/ },
    {
      name: 'a second name of what is not there',
      bytes: tarArchive(second('a', '/etc/passwd')),
      why: /there is no such file/,
    },
    { name: 'gzip that is cut', bytes: zlib.gzipSync(good).subarray(0, -20), why: /Z_BUF_ERROR/ },
    { name: 'gzip that is broken', bytes: changed(zlib.gzipSync(good), 12), why: /Z_|checksum|octal/ },
    { name: 'an archive that is cut', bytes: good.subarray(0, 1024), why: /ends in the middle/ },
    { name: 'what is no archive', bytes: Buffer.alloc(600, 'x'), why: /not octal/ },
    {
      name: 'too much',
      bytes: zlib.gzipSync(good),
      code: 'LIMIT_EXCEEDED',
      why: /4999 bytes/,
      policy: { maxBytes: 4999 },
    },
    { name: 'too many', bytes: good, code: 'LIMIT_EXCEEDED', why: /0 entries/, policy: { maxEntries: 0 } },
  ])('$name', async ({ bytes, code = 'IMAGE_UNSUPPORTED', why, policy }) => {
    const error = await rejected(unpack([bytes], policy));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(why)]);
    expect(error.message).toContain('"an image": layer "sha256:');
    expect(listTree(root)).toEqual(['. folder 700']);
  });

  test.each<{ name: string; change: Partial<LayerFile>; why: RegExp }>([
    { name: 'a digest of it in capitals', change: { digest: digestOf(good).toUpperCase() }, why: /digest/ },
    { name: 'another digest', change: { digest: digestOf(Buffer.from('other')) }, why: /not what the manifest says/ },
    { name: 'another size', change: { size: good.byteLength - 1 }, why: /manifest|content/ },
    { name: 'a longer size', change: { size: good.byteLength + 1 }, why: /it has 6656 bytes/ },
    { name: 'an unknown digest', change: { digest: `md5:${'0'.repeat(32)}` }, why: /digest/ },
    { name: 'a digest that is a path', change: { digest: 'sha256:../../x' }, why: /digest/ },
  ])('$name', async ({ change, why }) => {
    const made = createRootfs(root);
    const error = await rejected(unpackLayers([{ ...layer(good), ...change }], made, { image: 'an image' }));
    expect([error.code, error.message]).toEqual(['IMAGE_UNSUPPORTED', expect.stringMatching(why)]);
    made.abort();
    expect(listTree(root)).toEqual(['. folder 700']);
  });

  test('a changed bit is told from a broken archive, whatever it does to it', async () => {
    const packed = zlib.gzipSync(good);
    for (const at of [0, 12, packed.byteLength - 1]) {
      const file = layer(changed(packed, at));
      const made = createRootfs(root);
      const error = await rejected(unpackLayers([{ ...file, digest: digestOf(packed) }], made, { image: 'i' }));
      expect(error.message).toContain('its content is not what the manifest says');
      made.abort();
    }
  });

  test('what follows the end of an archive counts for its digest', async () => {
    const long = Buffer.concat([good, Buffer.alloc(3_000_000)]);
    const made = createRootfs(root);
    const file = layer(long);
    await unpackLayers([file], made, { image: 'i' });
    expect(await rejected(unpackLayers([{ ...file, size: long.byteLength - 1 }], made, { image: 'i' }))).toMatchObject({
      message: expect.stringContaining('not what the manifest says'),
    });
    made.abort();
  });

  test('an abort ends it, with its reason', async () => {
    const made = createRootfs(root);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(unpackLayers([layer(good)], made, { image: 'i', signal })).rejects.toThrow('enough');
    made.abort();
  });
});

test('a root that cannot be closed is said in the words of images', () => {
  const made = createRootfs(root);
  try {
    made.openFile('half');
    expect(thrown(() => finishRoot(made, 'an image'))).toMatchObject({
      code: 'IMAGE_UNSUPPORTED',
      message: expect.stringMatching(/^Cannot use the image "an image": Cannot finish .*"half" is not finished$/),
    });
  } finally {
    made.abort();
  }
});
