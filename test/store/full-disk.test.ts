/** A file system that is really full, in memory. Mounting one takes root. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openKv, openStore } from '../../host/store/index.js';
import { layoutOf } from '../../host/store/layout.js';
import { tempFolder } from '../support/store.js';
import { aPackage } from '../support/store-packages.js';

const mounted: string[] = [];

/** @returns a folder with this many KiB of room, or undefined if this user may not mount. */
function mountSmall(sizeKib: number): string | undefined {
  const folder = tempFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKib}k,mode=700`, 'none', folder], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  mounted.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of mounted.splice(0)) {
    execFileSync('umount', [folder]);
  }
});

const probe = mountSmall(16);
const cannot = probe === undefined ? ' (skipped: mounting a file system needs root)' : '';
if (cannot !== '' && process.env.CI === 'true') {
  throw new Error('This test mounts a tmpfs, for which .ci/run must be root');
}
for (const folder of mounted.splice(0)) {
  execFileSync('umount', [folder]);
}

const GOING = 'example.com/going';
const KEPT = 'example.com/kept';

test.skipIf(cannot !== '')(`a full disk changes nothing, and room makes it work${cannot}`, async () => {
  const folder = mountSmall(400) as string;
  const store = openStore({ root: join(folder, 'store'), kind: 'custom' });
  const { record } = await store.install(aPackage(KEPT), { grants: ['kv'] });
  const going = await store.install(aPackage(GOING));
  const kv = openKv(store.kvDir(KEPT), { quotaBytes: 1 << 20 });
  kv.set('k', new Uint8Array(5000));
  fill(folder);

  await expect(store.install(aPackage('example.com/new'))).rejects.toMatchObject({
    code: 'IO_FAILED',
    hint: expect.stringContaining('disk space'),
  });
  await expect(store.install(aPackage(KEPT, '2.0.0'))).rejects.toMatchObject({ code: 'IO_FAILED' });
  await expect(store.setEnabled(KEPT, false)).rejects.toMatchObject({ code: 'IO_FAILED' });
  await expect(store.configure(KEPT, { a: 'x'.repeat(8000) })).rejects.toMatchObject({ code: 'IO_FAILED' });
  expect(() => kv.set('k', new Uint8Array(6000))).toThrow(expect.objectContaining({ code: 'IO_FAILED' }));
  expect(() => kv.set('new', new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'IO_FAILED' }));

  expect(store.check()).toMatchObject({ plugins: [going.record, record], problems: [] });
  expect(store.readPackage(record)).toEqual(aPackage(KEPT));
  expect(kv.get('k')).toEqual(new Uint8Array(5000));
  const { root, plugins, packages } = layoutOf(store.root);
  expect(
    [root, plugins, packages].flatMap((path) => readdirSync(path)).filter((name) => /^\.tmp|^lock/.test(name)),
  ).toEqual([]);

  await store.uninstall(GOING);
  expect(store.list()).toEqual([record]);

  rmSync(join(folder, 'filler'));
  await store.install(aPackage('example.com/new'));
  expect(store.check()).toMatchObject({ plugins: store.list(), problems: [] });
  expect(store.list()).toHaveLength(2);
});

/** Until not one more page fits. */
function fill(folder: string): void {
  for (let size = 4096; ; ) {
    try {
      writeFileSync(join(folder, 'filler'), new Uint8Array(size), { flag: 'a' });
    } catch {
      return;
    }
  }
}
