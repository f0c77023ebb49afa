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
import { aRecord, contextOf, digestOf, newRoot, outcome, put, tempFolder } from '../../test/support/store.js';
import { aPackage } from '../../test/support/store-packages.js';
import type { Store } from './index.js';
import { mergeStores, openKv, openStore } from './index.js';
import { layoutOf, packageFileName, recordFileName } from './layout.js';

const NAME = 'example.com/foo';

function newStore(): Store {
  return openStore({ root: newRoot(), kind: 'custom', now: () => new Date('2026-03-04T05:06:07.000Z') });
}

const packages = (store: Store): string[] => readdirSync(layoutOf(store.root).packages).sort();
const files = (...all: Uint8Array[]): string[] => all.map((bytes) => packageFileName(digestOf(bytes))).sort();

describe('install()', () => {
  test('keeps the whole package, by digest, and records what it says', async () => {
    const store = newStore();
    const contributes = { commands: [{ path: 'hi', summary: 'Say hi' }], flags: [], phases: [] };
    const bytes = aPackage(NAME, '1.2.0', { contributes, monitor: 'exclusive' });
    const { record, replaced } = await store.install(bytes, { grants: ['kv', 'env:SLURM_*', 'kv'] });
    expect(replaced).toBeUndefined();
    expect(record).toEqual({
      name: NAME,
      version: '1.2.0',
      digest: digestOf(bytes),
      enabled: true,
      grants: ['kv', 'env:SLURM_*'],
      order: 50,
      optional: false,
      overrides: [],
      settings: {},
      installed: '2026-03-04T05:06:07.000Z',
      previous: null,
      hooks: [],
      contributes,
      description: `${NAME} 1.2.0`,
      author: 'Someone',
      monitor: 'exclusive',
    });
    expect(store.list()).toEqual([record]);
    expect(store.get(NAME)).toEqual(record);
    expect(store.readPackage(record)).toEqual(bytes);
    expect(packages(store)).toEqual(files(bytes));
    expect(readdirSync(store.root).sort()).toEqual(['index.jsonl', 'kv', 'packages', 'plugins']);
  });

  test('grants nothing by default', async () => {
    const store = newStore();
    const { record } = await store.install(aPackage(NAME, '1.0.0', { requests: ['kv'] }));
    expect(record.grants).toEqual([]);
  });

  test('keeps what the operator chose when the same plugin comes again', async () => {
    const store = newStore();
    await store.install(aPackage(NAME), {
      grants: ['kv'],
      order: 7,
      optional: true,
      overrides: ['a/b'],
      enabled: false,
    });
    const chosen = await store.configure(NAME, { a: 1 });
    const { record, replaced } = await store.install(aPackage(NAME));
    expect(record).toEqual(chosen);
    expect(replaced).toEqual(chosen);
    const changed = await store.install(aPackage(NAME), {
      grants: [],
      order: 8,
      optional: false,
      overrides: [],
      enabled: true,
    });
    expect(changed.record).toMatchObject({
      grants: [],
      order: 8,
      optional: false,
      overrides: [],
      enabled: true,
      settings: { a: 1 },
    });
  });

  test('keeps the version before, and only that one', async () => {
    const store = newStore();
    const [one, two, three] = ['1.0.0', '2.0.0', '3.0.0'].map((version) => aPackage(NAME, version)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    await store.install(one, { grants: ['kv'] });
    const second = await store.install(two, { grants: [] });
    expect(second.record.previous).toEqual({ version: '1.0.0', digest: digestOf(one), grants: ['kv'] });
    await store.install(three);
    await store.setEnabled(NAME, false);
    expect(packages(store)).toEqual(files(two, three));
  });

  test('keeps the version before when the same version is built again', async () => {
    const store = newStore();
    await store.install(aPackage(NAME, '1.0.0'));
    await store.install(aPackage(NAME, '2.0.0'));
    const again = aPackage(NAME, '2.0.0', { description: 'built again' });
    const { record } = await store.install(again);
    expect(record.previous?.version).toBe('1.0.0');
    await store.setEnabled(NAME, false);
    expect(packages(store)).toEqual(files(aPackage(NAME, '1.0.0'), again));
  });

  const refused: {
    name: string;
    bytes: Uint8Array;
    options?: { grants?: string[]; overrides?: string[] };
    want: string;
  }[] = [
    { name: 'what is no package', bytes: new Uint8Array(100), want: 'SIF_MALFORMED' },
    {
      name: 'a grant that means nothing',
      bytes: aPackage(NAME),
      options: { grants: ['everything'] },
      want: 'GRANT_INVALID',
    },
    {
      name: 'an override that is no name',
      bytes: aPackage(NAME),
      options: { overrides: ['../x'] },
      want: 'NAME_INVALID',
    },
  ];
  for (const { name, bytes, options, want } of refused) {
    test(`refuses ${name} and makes nothing`, async () => {
      const store = newStore();
      expect(await outcome(() => store.install(bytes, options))).toBe(want);
      expect(existsSync(store.root)).toBe(false);
    });
  }

  test('refuses an order that is no number', async () => {
    await expect(newStore().install(aPackage(NAME), { order: Number.NaN })).rejects.toThrow(RangeError);
  });

  test('repairs a damaged package and a damaged record', async () => {
    const store = newStore();
    const bytes = aPackage(NAME);
    const { record } = await store.install(bytes);
    const { plugins, packages: folder } = layoutOf(store.root);
    writeFileSync(join(plugins, recordFileName(NAME)), '{');
    writeFileSync(join(folder, packageFileName(record.digest)), 'x');
    await store.install(bytes);
    expect(store.readPackage(store.get(NAME) ?? record)).toEqual(bytes);
    expect(store.read().problems).toEqual([]);
  });

  test('can be undone, to the plugin before and to none', async () => {
    const store = newStore();
    const first = await store.install(aPackage(NAME, '1.0.0'), { grants: ['kv'] });
    const second = await store.install(aPackage(NAME, '2.0.0'));
    const third = await store.install(aPackage(NAME, '3.0.0'));
    expect(await third.undo()).toBe(true);
    expect(store.list()).toEqual([second.record]);
    expect((await store.rollback(NAME)).version).toBe('1.0.0');
    expect(await first.undo()).toBe(false);
    await store.uninstall(NAME);
    const again = await store.install(aPackage(NAME));
    expect(await again.undo()).toBe(true);
    expect([store.list(), packages(store)]).toEqual([[], []]);
  });

  test('does not undo what somebody else did since', async () => {
    const store = newStore();
    const first = await store.install(aPackage(NAME, '1.0.0'));
    await store.install(aPackage(NAME, '2.0.0'));
    expect(await first.undo()).toBe(false);
    expect(store.get(NAME)?.version).toBe('2.0.0');
  });

  test('does many at once, in one process', async () => {
    const store = newStore();
    const names = Array.from({ length: 12 }, (_, i) => `example.com/p${i}`).sort();
    await Promise.all(names.map((name) => store.install(aPackage(name))));
    expect(store.list().map(({ name }) => name)).toEqual(names);
  });
});

describe('rollback()', () => {
  test('returns to the version before, with its grants, and forth again', async () => {
    const store = newStore();
    await store.install(aPackage(NAME, '1.0.0', { description: 'old' }), { grants: ['kv'] });
    await store.install(aPackage(NAME, '2.0.0', { description: 'new' }), { grants: ['image'], enabled: false });
    const back = await store.rollback(NAME);
    expect(back).toMatchObject({
      version: '1.0.0',
      description: 'old',
      grants: ['kv'],
      enabled: false,
      previous: { version: '2.0.0' },
    });
    expect(await store.rollback(NAME)).toMatchObject({ version: '2.0.0', description: 'new', grants: ['image'] });
  });

  test('needs a version before', async () => {
    const store = newStore();
    expect(await outcome(() => store.rollback(NAME))).toBe('PLUGIN_NOT_FOUND');
    await store.install(aPackage(NAME));
    expect(await outcome(() => store.rollback(NAME))).toBe('PLUGIN_NOT_FOUND');
  });

  test('changes nothing if that package is damaged', async () => {
    const store = newStore();
    await store.install(aPackage(NAME, '1.0.0'));
    const { record } = await store.install(aPackage(NAME, '2.0.0'));
    rmSync(join(layoutOf(store.root).packages, packageFileName(record.previous?.digest ?? '')));
    expect(await outcome(() => store.rollback(NAME))).toBe('STORE_CORRUPT');
    expect(store.get(NAME)).toEqual(record);
  });
});

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

describe('mergeStores()', () => {
  async function two() {
    const [system, user] = [newStore(), newStore()];
    await system.install(aPackage('both', '1.0.0'));
    await system.install(aPackage('only-system'));
    await user.install(aPackage('both', '2.0.0'));
    await user.install(aPackage('a-user'));
    return { system, user, merged: mergeStores([system, user]) };
  }

  test('lets the first store win a name, even for what is disabled there', async () => {
    const { system, user, merged } = await two();
    await system.setEnabled('both', false);
    expect(merged.list().map(({ name, version, enabled }) => `${name} ${version} ${enabled}`)).toEqual([
      'a-user 1.0.0 true',
      'both 1.0.0 false',
      'only-system 1.0.0 true',
    ]);
    expect(merged.read().shadowed).toMatchObject([{ record: { version: '2.0.0' }, store: { root: user.root } }]);
    expect(merged.get('both')?.store).toBe(system);
    expect(merged.get('a-user')?.store).toBe(user);
    expect(merged.get('none')).toBeUndefined();
  });

  test('reads a package from where its plugin is', async () => {
    const { merged } = await two();
    for (const record of merged.list()) {
      expect(merged.readPackage(record)).toEqual(aPackage(record.name));
    }
    expect(await outcome(() => merged.readPackage(aRecord('none')))).toBe('PLUGIN_NOT_FOUND');
  });

  test("keeps what a system's plugin stores for a user with that user", async () => {
    const { user, merged } = await two();
    expect(merged.kvDir('a-user')).toBe(user.kvDir('a-user'));
    expect(merged.kvDir('only-system')).toBe(user.foreignKvDir('only-system'));
  });

  test('reports the problems of both', async () => {
    const { system, merged } = await two();
    rmSync(layoutOf(system.root).index);
    writeFileSync(join(layoutOf(system.root).plugins, recordFileName('both')), '{');
    expect(merged.read().problems).toHaveLength(1);
    expect(await outcome(() => merged.get('both'))).toBe('STORE_CORRUPT');
    expect(() => mergeStores([])).toThrow(RangeError);
  });
});
