import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../test/support/need.js';
import { type Actor, actors, besideCanary, outcome, put } from '../../../test/support/rootfs.js';
import { thrown } from '../../../test/support/thrown.js';
import { listTree } from '../../../test/support/tree.js';
import { createRootfs, type Rootfs, type RootfsPolicy, removeRootfs, roomIn } from './index.js';

const NONE = new Uint8Array(0);
const isRoot = process.getuid?.() === 0;
const openDescriptors = () => readdirSync('/proc/self/fd').length;

describe.each(actors())('as $name', (actor) => {
  test('makes what an image holds, with parents, modes, times and second names', () => {
    besideCanary(actor, ({ dir }) => {
      const before = openDescriptors();
      const root = createRootfs(dir);
      root.symlink('lib', 'usr/lib', { mtimeMs: 4000 });
      root.file('usr/lib/a.so', { mode: 0o555, mtimeMs: 1500 }, Buffer.from('a'));
      root.file('lib/b.so', { mtimeMs: -86_400_000 }, Buffer.from('b'));
      root.directory('usr/lib', { mode: 0o711, mtimeMs: 2000 });
      root.directory('tmp', { mode: 0o1777 });
      const file = root.openFile('etc/passwd', { mode: 0o600, mtimeMs: 3000 });
      root.write(file, Buffer.from('root:'));
      root.write(file, Buffer.from('x'));
      root.hardlink('etc/passwd-', 'etc/passwd');
      root.finish(file);
      root.directory('.', { mode: 0o751, mtimeMs: 5000 });
      root.close();

      expect(listTree(dir)).toEqual([
        '. folder 751',
        'etc folder 755',
        'etc/passwd file 600 root:x',
        'etc/passwd- file 600 root:x',
        'lib link usr/lib',
        'tmp folder 1777',
        'usr folder 755',
        'usr/lib folder 711',
        'usr/lib/a.so file 555 a',
        'usr/lib/b.so file 644 b',
      ]);
      const times = ['usr/lib/a.so', 'usr/lib', 'etc/passwd', 'lib', '.', 'usr/lib/b.so'];
      expect(times.map((path) => lstatSync(join(dir, path)).mtimeMs)).toEqual([
        1500, 2000, 3000, 4000, 5000, -86_400_000,
      ]);
      expect(lstatSync(join(dir, 'etc/passwd')).nlink).toBe(2);
      expect(root.usage).toEqual({ entries: 10, bytes: 8, setuidDropped: 0, full: false });
      expect(openDescriptors()).toBe(before);
    });
  });

  test.each([0o777, 0o277, 0o022, 0])('modes are exact with the umask 0o%o', (mask) => {
    besideCanary(actor, ({ dir }) => {
      const umask = process.umask(mask);
      try {
        const root = createRootfs(dir);
        root.directory('d', { mode: 0o775 });
        root.file('d/e/f', { mode: 0o666 }, NONE);
        root.close();
      } finally {
        process.umask(umask);
      }
      expect(listTree(dir)).toEqual(['. folder 755', 'd folder 775', 'd/e folder 755', 'd/e/f file 666']);
    });
  });

  test('folders without permissions can be filled, given up, and removed', () => {
    besideCanary(actor, ({ dir }) => {
      for (const end of ['close', 'abort'] as const) {
        const root = createRootfs(dir);
        root.directory('.', { mode: 0 });
        root.directory('a', { mode: 0 });
        root.directory('a/b', { mode: 0o555 });
        root.file('a/b/c', { mode: 0 }, Buffer.from('x'));
        root.setMeta('a/b/c', { mode: 0 });
        root[end]();
        if (end === 'close') {
          expect(lstatSync(dir).mode & 0o777).toBe(0);
          removeRootfs(dir);
          mkdirSync(dir);
        }
      }
      expect(listTree(dir)).toEqual(['. folder 700']);
    });
  });

  test('owners are applied by root only', () => {
    besideCanary(actor, ({ dir }) => {
      const root = createRootfs(dir);
      root.directory('d', { uid: 5, gid: 6 });
      root.file('f', { uid: 7, gid: 2 ** 32 - 2 }, NONE);
      root.symlink('l', 'f', { uid: 9, gid: 10 });
      root.file('m', {}, NONE);
      root.setMeta('m', { uid: 11, gid: 12 });
      root.close();
      const owners = ['d', 'f', 'l', 'm'].map((path) => [
        lstatSync(join(dir, path)).uid,
        lstatSync(join(dir, path)).gid,
      ]);
      const own = [actor.id, actor.id];
      expect(owners).toEqual(
        actor.id === 0
          ? [
              [5, 6],
              [7, 2 ** 32 - 2],
              [9, 10],
              [11, 12],
            ]
          : [own, own, own, own],
      );
    });
  });

  test('set-id bits stay where the policy says so', () => {
    besideCanary(actor, ({ dir }) => {
      const root = createRootfs(dir, { setuid: true });
      const file = root.openFile('u', { mode: 0o4755, uid: 5 });
      root.write(file, Buffer.from('x'));
      root.finish(file);
      root.file('g', { mode: 0o2755 }, NONE);
      root.directory('d', { mode: 0o2755 });
      root.close();
      expect(listTree(dir)).toEqual(['. folder 755', 'd folder 2755', 'g file 2755', 'u file 4755 x']);
      expect(root.usage.setuidDropped).toBe(0);
    });
  });

  test('a FIFO is made where the policy says so, and replaced without being opened', () => {
    besideCanary(actor, ({ dir }) => {
      const root = createRootfs(dir, { devices: true });
      root.special('a/-pipe\n', 'fifo', { mode: 0o622 });
      put(root, 'b');
      root.special('b', 'fifo', { mtimeMs: 1000 });
      root.special('c', 'fifo');
      root.setMeta('c', { mode: 0o600 });
      expect(outcome(() => root.hardlink('d', 'c'))).toBe('denied');
      expect(outcome(() => root.special('e', 'block-device', {}, 4096, 0))).toBe('invalid');
      put(root, 'c');
      root.close();
      expect(listTree(dir)).toEqual([
        '. folder 755',
        'a folder 755',
        'a/-pipe\n fifo 622',
        'b fifo 644',
        'c file 644 x',
      ]);
      expect(lstatSync(join(dir, 'b')).mtimeMs).toBe(1000);
    });
  });

  const small: Partial<RootfsPolicy> = { maxBytes: 10, maxEntries: 6, maxPathBytes: 12, maxDepth: 3, maxOpenFiles: 2 };
  test.each<{ name: string; act: (root: Rootfs) => void; want: string }>([
    { name: 'as many bytes as allowed', act: (root) => put(root, 'a', '0123456789'), want: 'ok' },
    { name: 'one byte too many', act: (root) => put(root, 'a', '0123456789a'), want: 'limit' },
    {
      name: 'one byte too many in two files',
      act: (root) => [put(root, 'a', '01234'), put(root, 'a', '012345')],
      want: 'limit',
    },
    {
      name: 'one byte too many in two writes',
      act: (root) => {
        const file = root.openFile('a');
        root.write(file, Buffer.from('0123456789'));
        root.write(file, Buffer.from('a'));
      },
      want: 'limit',
    },
    { name: 'as many entries as allowed', act: (root) => [0, 1, 2, 3, 4, 5].map(() => put(root, 'a')), want: 'ok' },
    { name: 'one entry too many', act: (root) => [0, 1, 2, 3, 4, 5, 6].map(() => put(root, 'a')), want: 'limit' },
    { name: 'parents too many', act: (root) => ['a/b/c', 'd/e/f', 'g'].map((path) => put(root, path)), want: 'limit' },
    { name: 'a path of as many bytes as allowed', act: (root) => put(root, 'aaaa/bbbb/cc'), want: 'ok' },
    { name: 'a path of one byte too many', act: (root) => put(root, 'aaaa/bbbb/ccc'), want: 'limit' },
    {
      name: 'a path too long behind a link',
      act: (root) => [root.symlink('a', 'b/ccccccc'), put(root, 'a/ddd')],
      want: 'limit',
    },
    { name: 'a path too deep', act: (root) => put(root, 'a/b/c/d'), want: 'limit' },
    {
      name: 'a path too deep behind a link',
      act: (root) => [root.symlink('a', 'b/c/d'), put(root, 'a/x')],
      want: 'limit',
    },
    { name: 'as many open files as allowed', act: (root) => [root.openFile('a'), root.openFile('b')], want: 'ok' },
    {
      name: 'one open file too many',
      act: (root) => ['a', 'b', 'c'].map((path) => root.openFile(path)),
      want: 'limit',
    },
  ])('limits: $name: $want', ({ act, want }) => {
    besideCanary(actor, ({ dir }) => {
      const root = createRootfs(dir, small);
      expect(outcome(() => act(root))).toBe(want);
      root.abort();
    });
  });

  test('a root with an unfinished file is not finished, and can go on', () => {
    besideCanary(actor, ({ dir }) => {
      const root = createRootfs(dir);
      const file = root.openFile('a');
      expect(() => root.close()).toThrow(/"a" is not finished/);
      root.finish(file);
      root.close();
      root.close();
      root.abort();
      expect(outcome(() => put(root, 'b'))).toBe('invalid');
      expect(outcome(() => root.write(file, NONE))).toBe('invalid');
      expect(listTree(dir)).toEqual(['. folder 755', 'a file 644']);
    });
  });

  test('giving up leaves no descriptor and an empty folder', () => {
    besideCanary(actor, ({ dir }) => {
      const before = openDescriptors();
      const root = createRootfs(dir);
      root.openFile('a/b/c/d');
      root.symlink('a/b/l', '..');
      root[Symbol.dispose]();
      root.abort();
      expect(openDescriptors()).toBe(before);
      expect(listTree(dir)).toEqual(['. folder 700']);
      expect(outcome(() => root.close())).toBe('invalid');
    });
  });

  test('more folders than are kept open', () => {
    besideCanary(actor, ({ dir }) => {
      const root = createRootfs(dir);
      const folders = Array.from({ length: 300 }, (_, i) => `d${i}`);
      for (const path of [...folders, ...folders]) {
        put(root, `${path}/x`, path);
      }
      const deep = `${'d/'.repeat(254)}x`;
      put(root, deep);
      put(root, `e${deep.slice(1)}`);
      root.hardlink(`e${deep.slice(1, -1)}y`, deep);
      expect(openDescriptors()).toBeLessThan(200);
      root.close();
      expect(readFileSync(join(dir, 'd299/x'), 'utf8')).toBe('d299');
      expect(lstatSync(join(dir, deep)).nlink).toBe(2);
    });
  });
});

const [actor] = actors() as [Actor];

test('setMeta() changes what is there and makes nothing', () => {
  besideCanary(actor, ({ dir }) => {
    const root = createRootfs(dir);
    put(root, 'd/f');
    root.symlink('l', 'd');
    root.setMeta('d', { mode: 0o700, mtimeMs: 1000 });
    root.setMeta('l/f', { mode: 0o600, mtimeMs: 2000 });
    root.setMeta('l', { mtimeMs: 3000 });
    root.setMeta('.', { mode: 0o700 });
    expect(outcome(() => root.setMeta('e/f', {}))).toBe('missing');
    expect(outcome(() => root.setMeta('d/g', {}))).toBe('missing');
    root.close();
    expect(listTree(dir)).toEqual(['. folder 700', 'd folder 700', 'd/f file 600 x', 'l link d']);
    expect(['d', 'd/f', 'l'].map((path) => lstatSync(join(dir, path)).mtimeMs)).toEqual([1000, 2000, 3000]);
  });
});

test('remove() and clear() take what is named', () => {
  besideCanary(actor, ({ dir }) => {
    const root = createRootfs(dir);
    for (const path of ['a/b/c', 'a/d', 'a/e/f', 'g/h', 'i/j/k']) {
      put(root, path);
    }
    root.symlink('l', 'a');
    root.symlink('i/l', '/g');
    const asked: string[] = [];
    root.clear('a', (path) => {
      asked.push(path);
      return path === 'a/d' || path === 'a/e';
    });
    expect(asked.sort()).toEqual(['a/b', 'a/b/c', 'a/d', 'a/e', 'a/e/f']);
    expect([root.remove('g'), root.remove('g'), root.remove('x/y')]).toEqual([true, false, false]);
    root.clear('l');
    root.clear('i');
    root.clear('nothing/there');
    root.close();
    expect(listTree(dir)).toEqual([
      '. folder 755',
      'a folder 755',
      'a/d file 644 x',
      'a/e folder 755',
      'i folder 755',
      'l link a',
    ]);
  });
});

test.skipIf(!isRoot)('a device is made where the policy says so (needs root)', () => {
  besideCanary(actor, ({ dir }) => {
    const root = createRootfs(dir, { devices: true });
    root.special('dev/null', 'character-device', { mode: 0o666, uid: 3 }, 1, 3);
    root.close();
    const stats = lstatSync(join(dir, 'dev/null'));
    expect([stats.isCharacterDevice(), stats.rdev, stats.mode & 0o777, stats.uid]).toEqual([true, 0x103, 0o666, 3]);
  });
});

describe('what cannot begin', () => {
  test.each<{ name: string; make: (dir: string) => string }>([
    { name: 'a folder with something in it', make: (dir) => [dir, writeFileSync(join(dir, 'a'), '')][0] as string },
    { name: 'a folder that is not there', make: (dir) => join(dir, 'none') },
    { name: 'a link to an empty folder', make: (dir) => [`${dir}-link`, symlinkSync(dir, `${dir}-link`)][0] as string },
    { name: 'a file', make: (dir) => [`${dir}-file`, writeFileSync(`${dir}-file`, '')][0] as string },
  ])('$name', ({ make }) => {
    besideCanary(actor, ({ dir }) => {
      chmodSync(dir, 0o750);
      const before = openDescriptors();
      expect(thrown(() => createRootfs(make(dir))).code).toBe('IO_FAILED');
      expect(openDescriptors()).toBe(before);
      expect(statSync(dir).mode & 0o777).toBe(0o750);
    });
  });

  test.each([
    { maxByte: 1 },
    { maxBytes: -1 },
    { maxBytes: '1' },
    { devices: 1 },
    { maxDepth: 1.5 },
    JSON.parse('{ "toString": true }'),
  ])('policy %j', (policy) => {
    besideCanary(actor, ({ dir }) => {
      expect(() => createRootfs(dir, policy as Partial<RootfsPolicy>)).toThrow(TypeError);
    });
  });
});

test.skipIf(!isRoot)(
  'a full disk is said, ends everything but giving up, and giving up makes room again (needs root)',
  () => {
    besideCanary(actor, ({ dir }) => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', dir]);
      try {
        const root = createRootfs(dir);
        put(root, 'a');
        const file = root.openFile('b');
        const fill = () => root.write(file, new Uint8Array(512 * 1024));
        expect(fill).toThrow(/no room is left on the disk \(ENOSPC\)/);
        expect(root.usage.full).toBe(true);
        expect(outcome(() => put(root, 'c', ''))).toBe('limit');
        expect(outcome(() => root.finish(file))).toBe('limit');
        expect(outcome(() => root.close())).toBe('limit');
        root.abort();
        expect(readdirSync(dir)).toEqual([]);
        const again = createRootfs(dir);
        again.file('b', {}, new Uint8Array(200 * 1024));
        again.close();
      } finally {
        execFileSync('umount', [dir]);
      }
    });
  },
);

describe.skipIf(!isRoot)('room for others (needs root)', () => {
  const KIB = 1024;
  const fillFile = (root: Rootfs) => {
    const file = root.openFile('big');
    for (let mib = 0; mib < 16; mib++) root.write(file, new Uint8Array(1024 * KIB));
  };
  const fillFolder = (root: Rootfs) => {
    for (let index = 0; index < 2000; index++) put(root, `d/${index}`, '');
  };
  const cases = [
    { name: 'bytes', disk: 'size=20m', policy: { minFreeBytes: 8192 * KIB }, fill: fillFile },
    { name: 'entries', disk: 'size=20m,nr_inodes=2500', policy: { minFreeEntries: 1000 }, fill: fillFolder },
    { name: 'bytes that were never there', disk: 'size=20m', policy: { minFreeBytes: 2 ** 40 }, fill: fillFolder },
  ];
  test.each(cases)('$name', ({ disk, policy, fill }) => {
    besideCanary(actor, ({ dir }) => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', disk, 'none', dir]);
      try {
        const root = createRootfs(dir, policy);
        expect(() => fill(root)).toThrow(/no room is left on the disk/);
        expect(root.usage.full).toBe(true);
        const { bytes, entries } = roomIn(dir);
        // It looks now and then.
        expect(entries).toBeGreaterThan((policy.minFreeEntries ?? 0) - 300);
        if ((policy.minFreeBytes ?? 0) < 2 ** 30) expect(bytes).toBeGreaterThan(4 * 1024 * KIB);
        expect(outcome(() => put(root, 'more', ''))).toBe('limit');
        root.abort();
        expect(readdirSync(dir)).toEqual([]);
      } finally {
        execFileSync('umount', [dir]);
      }
    });
  });
});

test.skipIf(!needs('unshare'))('an owner that the user namespace does not have is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-namespace-'));
  try {
    const child = join(folder, 'child.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('../../../test/support/rootfs-child.ts', import.meta.url))],
      outfile: child,
      bundle: true,
      platform: 'node',
      format: 'esm',
      // What the bundle takes from CommonJS packages asks for it.
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      logLevel: 'error',
    });
    mkdirSync(join(folder, 'root'));
    const words = ['--user', '--map-root-user', process.execPath, child, join(folder, 'root')];
    const said = execFileSync('unshare', words, { encoding: 'utf8' });
    expect(said).toBe('Cannot make file "other": its owner has no id in this user namespace\n');
    expect(readdirSync(join(folder, 'root'))).toEqual([]);
  } finally {
    removeRootfs(folder);
  }
});
