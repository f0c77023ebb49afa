import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aRecord, contextOf, digestOf, newRoot, newStore, outcome, put, tempFolder } from '../../test/support/store.js';
import { aPackage } from '../../test/support/store-packages.js';
import type { Store } from './index.js';
import { openKv, openStore } from './index.js';
import { layoutOf, packageFileName, recordFileName } from './layout.js';

const NAME = 'example.com/foo';

const packages = (store: Store): string[] => readdirSync(layoutOf(store.root).packages).sort();
const files = (...all: Uint8Array[]): string[] => all.map((bytes) => packageFileName(digestOf(bytes))).sort();

describe('uninstall()', () => {
  test('leaves nothing of the plugin, and all of the others', async () => {
    const store = newStore();
    await store.install(aPackage('a'));
    await store.install(aPackage('a/b'));
    openKv(store.kvDir('a'), { quotaBytes: 1000 }).set('k', new Uint8Array(1));
    openKv(store.kvDir('a/b'), { quotaBytes: 1000 }).set('k', new Uint8Array(1));
    openKv(store.foreignKvDir('a'), { quotaBytes: 1000 }).set('k', new Uint8Array(1));
    expect((await store.uninstall('a'))?.name).toBe('a');
    expect(store.list().map(({ name }) => name)).toEqual(['a/b']);
    expect(packages(store)).toEqual(files(aPackage('a/b')));
    expect([store.kvDir('a'), store.kvDir('a/b'), store.foreignKvDir('a')].map((folder) => existsSync(folder))).toEqual(
      [false, true, true],
    );
  });

  test('keeps a package that another record names', async () => {
    const root = newRoot();
    const context = contextOf(root);
    put(context, aRecord('a/a'), aRecord('b/b', { digest: aRecord('a/a').digest }));
    const store = openStore({ root, kind: 'custom' });
    await store.uninstall('b/b');
    expect(existsSync(join(context.layout.packages, packageFileName(aRecord('a/a').digest)))).toBe(true);
  });

  test('removes a record that cannot be read', async () => {
    const store = newStore();
    await store.install(aPackage(NAME));
    writeFileSync(join(layoutOf(store.root).plugins, recordFileName(NAME)), '{');
    expect(await store.uninstall(NAME)).toBeUndefined();
    expect(store.read()).toMatchObject({ plugins: [], problems: [] });
  });

  test('says that there is no such plugin', async () => {
    const store = newStore();
    await expect(store.uninstall(NAME)).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
  });
});

describe('setEnabled()', () => {
  test('says whether that changed anything', async () => {
    const store = newStore();
    await store.install(aPackage(NAME));
    const answers = [];
    for (const on of [true, false, false, true]) {
      answers.push([await store.setEnabled(NAME, on), store.get(NAME)?.enabled]);
    }
    expect(answers).toEqual([
      [false, true],
      [true, false],
      [false, false],
      [true, true],
    ]);
    expect(await outcome(() => store.setEnabled('no/such', true))).toBe('PLUGIN_NOT_FOUND');
  });

  test('does not enable what is not what was installed', async () => {
    const store = newStore();
    const { record } = await store.install(aPackage(NAME), { enabled: false });
    writeFileSync(join(layoutOf(store.root).packages, packageFileName(record.digest)), 'x');
    expect(await outcome(() => store.setEnabled(NAME, true))).toBe('STORE_CORRUPT');
    expect(store.get(NAME)?.enabled).toBe(false);
  });

  test('for all of them is one switch, which leaves out the damaged ones', async () => {
    const store = newStore();
    for (const name of ['a', 'b', 'c']) {
      await store.install(aPackage(name), { enabled: name !== 'b' });
    }
    expect(await store.setEnabledAll(false)).toEqual({ changed: ['a', 'c'], damaged: [] });
    rmSync(join(layoutOf(store.root).packages, packageFileName(store.get('c')?.digest ?? '')));
    expect(await store.setEnabledAll(true)).toEqual({ changed: ['a', 'b'], damaged: ['c'] });
    expect(store.list().map(({ enabled }) => enabled)).toEqual([true, true, false]);
  });
});

describe('configure()', () => {
  test('replaces the settings', async () => {
    const store = newStore();
    await store.install(aPackage(NAME));
    await store.configure(NAME, { a: 1, b: { c: [null] } });
    expect((await store.configure(NAME, { d: 'x' })).settings).toEqual({ d: 'x' });
    expect(store.get(NAME)?.settings).toEqual({ d: 'x' });
  });

  test('refuses too much of them', async () => {
    const store = newStore();
    await store.install(aPackage(NAME));
    const fits = 65_536 - '{"a":""}'.length;
    expect(await outcome(() => store.configure(NAME, { a: 'x'.repeat(fits + 1) }))).toBe('LIMIT_EXCEEDED');
    expect(await outcome(() => store.configure(NAME, { a: 'x'.repeat(fits) }))).toBe('ok');
  });
});

describe('readPackage()', () => {
  const damages: { name: string; damage: (path: string) => void; found: string }[] = [
    { name: 'changed', damage: (path) => writeFileSync(path, 'x'), found: digestOf(Buffer.from('x')) },
    { name: 'gone', damage: (path) => rmSync(path), found: 'nothing' },
  ];
  for (const { name, damage, found } of damages) {
    test(`disables a plugin whose package is ${name}, and names both digests`, async () => {
      const store = newStore();
      const { record } = await store.install(aPackage(NAME));
      damage(join(layoutOf(store.root).packages, packageFileName(record.digest)));
      expect(() => store.readPackage(record)).toThrow(
        expect.objectContaining({
          code: 'STORE_CORRUPT',
          message: expect.stringMatching(`${found}.*${record.digest}; the plugin was disabled`),
          hint: expect.stringContaining('install the plugin again'),
        }),
      );
      expect(store.get(NAME)?.enabled).toBe(false);
    });
  }

  test('says so when it cannot disable it', async () => {
    const store = newStore();
    const { record } = await store.install(aPackage(NAME));
    rmSync(join(layoutOf(store.root).packages, packageFileName(record.digest)));
    const reader = openStore({ root: store.root, kind: 'custom', readOnly: true });
    expect(() => reader.readPackage(record)).toThrow('could not be disabled');
    expect(store.get(NAME)?.enabled).toBe(true);
  });

  test('does not disable the version that came meanwhile', async () => {
    const store = newStore();
    const { record } = await store.install(aPackage(NAME, '1.0.0'));
    await store.uninstall(NAME);
    await store.install(aPackage(NAME, '2.0.0'));
    expect(await outcome(() => store.readPackage(record))).toBe('STORE_CORRUPT');
    expect(store.get(NAME)?.enabled).toBe(true);
  });

  test('follows no link', async () => {
    const store = newStore();
    const bytes = aPackage(NAME);
    const { record } = await store.install(bytes);
    const path = join(layoutOf(store.root).packages, packageFileName(record.digest));
    const elsewhere = join(tempFolder(), 'copy.sif');
    writeFileSync(elsewhere, bytes);
    rmSync(path);
    symlinkSync(elsewhere, path);
    expect(await outcome(() => store.readPackage(record))).toBe('STORE_REFUSED');
  });
});

test('files are readable by others in a store that its owner opened, and private otherwise', async () => {
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  for (const [opened, want] of [
    [false, ['600', '600', '700']],
    [true, ['644', '644', '700']],
  ] as const) {
    const store = newStore();
    const layout = layoutOf(store.root);
    put(contextOf(store.root));
    if (opened) {
      chmodSync(store.root, 0o755);
    }
    const { record } = await store.install(aPackage(NAME));
    const paths = [
      join(layout.plugins, recordFileName(NAME)),
      join(layout.packages, packageFileName(record.digest)),
      layout.kv,
    ];
    expect(paths.map(mode)).toEqual(want);
  }
});

test('a record under the name of another plugin is a problem, not a plugin', async () => {
  const store = newStore();
  await store.install(aPackage(NAME));
  const { plugins } = layoutOf(store.root);
  const copy = join(plugins, recordFileName('b/b'));
  writeFileSync(copy, readFileSync(join(plugins, recordFileName(NAME))));
  expect(store.list().map(({ name }) => name)).toEqual([NAME]);
  expect(store.read().problems).toMatchObject([{ file: copy, error: { code: 'STORE_CORRUPT' } }]);
  expect(await outcome(() => store.get('b/b'))).toBe('STORE_CORRUPT');
});

test('check() finds what was changed behind our back, and changes nothing', async () => {
  const store = newStore();
  for (const name of ['a', 'b', 'c', 'd']) {
    await store.install(aPackage(name, '1.0.0'));
  }
  await store.install(aPackage('d', '2.0.0'));
  expect(store.check()).toMatchObject({ plugins: store.list(), problems: [] });
  const { plugins, packages: folder } = layoutOf(store.root);
  writeFileSync(join(plugins, recordFileName('a')), '{');
  writeFileSync(join(folder, packageFileName(digestOf(aPackage('b')))), 'x');
  rmSync(join(folder, packageFileName(digestOf(aPackage('d', '1.0.0')))));
  const { plugins: seen, problems } = store.check();
  expect(seen.map(({ name, enabled }) => [name, enabled])).toEqual([
    ['b', true],
    ['c', true],
    ['d', true],
  ]);
  expect(problems.map(({ error }) => error.code)).toEqual(['STORE_CORRUPT', 'STORE_CORRUPT', 'STORE_CORRUPT']);
});

test('left-overs of a killed writer go with the next change, and nothing that is not ours', async () => {
  const store = newStore();
  await store.install(aPackage(NAME));
  const { root, plugins, packages: folder, kv } = layoutOf(store.root);
  const ours = [
    join(plugins, '.tmp-1'),
    join(folder, '.tmp-2'),
    join(root, '.tmp-3'),
    join(folder, `${'a'.repeat(64)}.sif`),
  ];
  const others = [join(plugins, 'README'), join(folder, 'notes.sif'), join(root, 'backup.tar'), join(kv, 'foreign-x')];
  for (const path of [...ours, ...others]) {
    writeFileSync(path, '');
  }
  await store.setEnabled(NAME, false);
  expect(ours.filter((path) => existsSync(path))).toEqual([]);
  expect(others.filter((path) => !existsSync(path))).toEqual([]);
});
