/** plugins/tar-image-driver against GNU tar: the same archive gives the same tree, or neither takes it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PluginEntry, UnpackOptions } from '../../host/dispatch/index.js';
import { dispatcherOver, type TestDispatcher } from '../support/dispatch.js';
import { compileExample, installed } from '../support/example-plugin.js';
import { needs } from '../support/need.js';
import { snapshotOf } from '../support/tree-snapshot.js';

const isRoot = process.getuid?.() === 0;
const EVERYTHING = { policy: { devices: true, setuid: true } };
const hasTar = needs('tar') && needs('diff');

let folder: string;
let entry: PluginEntry;
let dispatcher: TestDispatcher;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-tar-'));
  entry = installed(await compileExample('tar-image-driver'));
  dispatcher = await dispatcherOver([entry]);
  makeTree(join(folder, 'tree'));
});

afterEach(() => {
  dispatcher.lines.length = 0;
});

afterAll(async () => {
  await dispatcher?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One of each kind, and the sizes and names where formats change. */
function makeTree(root: string): void {
  mkdirSync(root);
  const script = `
    set -e
    mkdir -p etc usr/bin "$(printf 'd%.0s' $(seq 90))/$(printf 'e%.0s' $(seq 90))" private empty
    ln -s usr/bin bin
    for size in 0 1 511 512 513 1048575 1048576 1048577 3000000; do head -c $size /dev/urandom > "etc/$size"; done
    seq 400000 > etc/text
    ln etc/text usr/same
    ln -s ../etc/text usr/link
    ln -s "$(printf 't%.0s' $(seq 150))" usr/long-target
    echo long > "$(printf 'd%.0s' $(seq 90))/$(printf 'e%.0s' $(seq 90))/$(printf 'f%.0s' $(seq 90))"
    echo u > 'etc/grüße 日本'
    printf 'x' > 'etc/with
newline'
    for i in $(seq 300); do echo $i > usr/bin/$i; done
    chmod 4755 usr/bin/1; chmod 2755 usr/bin/2; chmod 0 usr/bin/3; chmod 1777 empty; chmod 0511 private
    mkfifo etc/pipe
    touch -h -d '2001-02-03 04:05:06.789' usr/link etc/text
    touch -d '1970-01-01 00:00:00' usr/bin/5
    touch -d '2020-01-01' empty private usr .
  `;
  execFileSync('sh', ['-c', script], { cwd: root });
  if (isRoot) {
    execFileSync('chown', ['-h', '1000:100', 'usr/link', 'etc/text', 'empty'], { cwd: root });
    execFileSync('chown', ['3000000000:3000000001', 'usr/bin/7'], { cwd: root });
    // Not every container lets its root make devices.
    spawnSync('mknod', ['etc/null', 'c', '1', '3'], { cwd: root });
  }
}

const fresh = (name: string): string => {
  const path = join(folder, `${name}-${count++}`);
  mkdirSync(path);
  return path;
};

function archive(...options: string[]): string {
  const file = join(folder, `a${count++}.tar`);
  const packed = spawnSync('tar', ['-C', join(folder, 'tree'), ...options, '-cf', file, '.'], { encoding: 'utf8' });
  // What a format cannot hold is left out with a complaint.
  expect(packed.status === 0 || packed.status === 2, packed.stderr).toBe(true);
  return file;
}

function wrapped(bytes: Uint8Array, name = 'bytes'): string {
  const file = join(folder, `${name}-${count++}`);
  writeFileSync(file, bytes);
  return file;
}

async function unpackedBy(file: string, options: UnpackOptions = EVERYTHING): Promise<string> {
  const rootfs = fresh('driver');
  expect((await dispatcher.unpackImage(file, rootfs, options))?.plugin).toBe('example.com/tar-image-driver');
  return rootfs;
}

function unpackedByTar(file: string): string {
  const rootfs = fresh('tar');
  // GNU tar finds out about gzip by itself, too.
  execFileSync('tar', ['-C', rootfs, '--numeric-owner', '-xpf', file], { stdio: 'pipe' });
  return rootfs;
}

async function expectSame(file: string): Promise<void> {
  const [ours, theirs] = [await unpackedBy(file), unpackedByTar(file)];
  expect(snapshotOf(ours)).toEqual(snapshotOf(theirs));
  // Comparing FIFOs would wait for who writes to them.
  const diff = spawnSync('diff', ['-r', '--no-dereference', '-x', 'pipe', '-x', 'null', ours, theirs], {
    encoding: 'utf8',
  });
  expect(`${diff.stdout}${diff.stderr}`).toBe('');
}

/** The reason for which an archive is refused; the folder must be empty then. */
async function refusal(file: string, options?: UnpackOptions): Promise<string> {
  const rootfs = fresh('refused');
  const outcome = await dispatcher.unpackImage(file, rootfs, options).then(
    (unpacked) => unpacked?.plugin ?? 'no claim',
    (error) => `${error.code} ${error.message}`,
  );
  expect(readdirSync(rootfs)).toEqual([]);
  return outcome;
}

describe.skipIf(!hasTar)('the same tree as GNU tar makes from', () => {
  for (const format of ['v7', 'oldgnu', 'gnu', 'ustar', 'pax']) {
    test(`an archive in format ${format}`, () => expectSame(archive(`--format=${format}`)));
  }

  test('an archive with numbers in binary and times before 1970', async () => {
    const old = join(folder, 'tree/old');
    writeFileSync(old, '');
    execFileSync('touch', ['-d', '1960-01-01 00:00:00.25', old]);
    const files = [archive('--format=gnu'), archive('--format=pax')];
    rmSync(old);
    for (const file of files) await expectSame(file);
  });

  for (const level of [1, 6, 9]) {
    test(`gzip -${level}`, () => expectSame(wrapped(gzipSync(readFileSync(archive()), { level }))));
  }

  test('gzip that only stores', () => expectSame(wrapped(gzipSync(readFileSync(archive()), { level: 0 }))));

  test('gzip with fixed codes', () =>
    expectSame(wrapped(gzipSync(readFileSync(archive()), { strategy: constants.Z_FIXED }))));

  test('gzip with runs only, and with codes only', async () => {
    await expectSame(wrapped(gzipSync(readFileSync(archive()), { strategy: constants.Z_RLE })));
    await expectSame(wrapped(gzipSync(readFileSync(archive()), { strategy: constants.Z_HUFFMAN_ONLY })));
  });

  test('gzip with a name in its header', async () => {
    const file = archive();
    execFileSync('gzip', ['--name', file]);
    await expectSame(`${file}.gz`);
  });

  test('gzip in several members', async () => {
    const bytes = readFileSync(archive());
    const parts = [0, 100, 1_000_000, 1_000_001, bytes.length];
    await expectSame(wrapped(Buffer.concat(parts.slice(1).map((end, i) => gzipSync(bytes.subarray(parts[i], end))))));
  });

  test('an archive to which a newer file was added, which wins', async () => {
    const file = archive('--format=gnu');
    execFileSync('tar', ['-P', '-C', '/', '--transform', 's,.*,./etc/1,', '-rf', file, '/etc/hostname']);
    // What changes a folder after its entry changes its time for tar; here it has that of its entry.
    execFileSync('tar', ['-C', join(folder, 'tree'), '--no-recursion', '-rf', file, './etc']);
    await expectSame(file);
  });

  test('more entries than memory could remember, compressed a thousand times', async () => {
    const bytes = readFileSync(archive('--no-recursion'));
    const header = bytes.subarray(0, 512);
    expect(header.toString('latin1', 0, 2)).toBe('./');
    const many = Buffer.concat([...Array<Buffer>(150_000).fill(header), Buffer.alloc(1024)]);
    await expectSame(wrapped(gzipSync(many, { level: 1 })));
  });

  test('global pax headers', () =>
    expectSame(archive('--format=pax', '--pax-option=globexthdr.name=g,comment=hi,mtime=5')));
});

describe.skipIf(!hasTar)('refuses, and leaves nothing of', () => {
  test('a sparse file, in both of its formats', async () => {
    const sparse = fresh('sparse');
    execFileSync('truncate', ['-s', '5M', join(sparse, 'file')]);
    for (const format of ['gnu', 'pax']) {
      const file = join(folder, `sparse-${format}.tar`);
      execFileSync('tar', ['-C', sparse, '--sparse', `--format=${format}`, '-cf', file, '.']);
      expect(await refusal(file)).toMatch(/^GUEST_ERROR .*sparse file/);
    }
  });

  test('a path that leads out', async () => {
    const file = join(folder, 'out.tar');
    execFileSync('tar', ['-P', '-C', join(folder, 'tree'), '--transform', 's,^,a/../../,', '-cf', file, 'etc/1']);
    expect(await refusal(file)).toMatch(/leads out of the archive/);
  });

  test('a name that is not UTF-8', async () => {
    const odd = fresh('odd');
    writeFileSync(Buffer.concat([Buffer.from(`${odd}/`), Buffer.from([0xe9])]), 'x');
    const file = join(folder, 'odd.tar');
    execFileSync('tar', ['-C', odd, '--format=gnu', '-cf', file, '.']);
    expect(await refusal(file)).toMatch(/is not UTF-8/);
  });

  const cuts: { name: string; change: (bytes: Buffer) => Buffer; want: RegExp }[] = [
    { name: 'an archive cut within a file', change: (bytes) => bytes.subarray(0, 2_000_000), want: /ends within/ },
    { name: 'one cut within a header', change: (bytes) => bytes.subarray(0, 700), want: /ends within a header/ },
    { name: 'one cut after an entry', change: (bytes) => bytes.subarray(0, 512), want: /ends too early/ },
    {
      name: 'one with a changed header',
      change: (bytes) => {
        const changed = Buffer.from(bytes);
        changed[512] = (changed[512] as number) ^ 1;
        return changed;
      },
      want: /wrong checksum/,
    },
  ];
  for (const { name, change, want } of cuts) {
    test(name, async () => expect(await refusal(wrapped(change(readFileSync(archive()))))).toMatch(want));
  }

  test('gzip cut at any place', async () => {
    const bytes = gzipSync(readFileSync(archive()));
    for (const end of [bytes.length - 1, bytes.length - 5, bytes.length - 9, 2_000_000, 70_000]) {
      expect(await refusal(wrapped(bytes.subarray(0, end)))).toMatch(/^GUEST_ERROR .*(ends too early|damaged)/);
    }
  });

  test('gzip with one changed bit', async () => {
    const bytes = gzipSync(readFileSync(archive()));
    for (const at of [100_000, 2_500_000, bytes.length - 6]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 0x10;
      expect(await refusal(wrapped(changed))).toMatch(/^GUEST_ERROR /);
    }
  });

  test('gzip with something behind it', async () => {
    const bytes = Buffer.concat([gzipSync(readFileSync(archive())), Buffer.from('garbage!')]);
    expect(await refusal(wrapped(bytes))).toMatch(/something behind the end/);
  });
});

describe.skipIf(!hasTar)('what may not be made', () => {
  test('devices and FIFOs are left out with a warning', async () => {
    const rootfs = await unpackedBy(archive(), {});
    expect(readdirSync(join(rootfs, 'etc'))).not.toContain('pipe');
    expect(dispatcher.lines.join('\n')).toMatch(/warn \d devices and FIFOs may not be made here and are left out/);
  });
});

describe('claims nothing of', () => {
  const others: { name: string; bytes: Uint8Array }[] = [
    { name: 'an empty file', bytes: new Uint8Array(0) },
    { name: 'zeros', bytes: new Uint8Array(10_240) },
    { name: 'text', bytes: Buffer.from('hello '.repeat(1000)) },
    { name: 'a tar without its checksum', bytes: Buffer.from(`${'a'.repeat(257)}ustar\u000000`.padEnd(1024, '\0')) },
    { name: 'gzip of text', bytes: gzipSync('hello '.repeat(1000)) },
    { name: 'gzip of nothing', bytes: gzipSync('') },
    { name: 'gzip that ends in its header', bytes: gzipSync('a').subarray(0, 5) },
  ];
  for (const { name, bytes } of others) {
    test(name, async () => {
      expect(await refusal(wrapped(bytes))).toBe('no claim');
      expect(dispatcher.lines).toEqual([]);
    });
  }

  test('a directory', async () => {
    const directory = fresh('directory');
    expect(await dispatcher.unpackImage(directory, fresh('none'))).toBeUndefined();
  });
});
