import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf, newStore, outcome } from '../../test/support/store.js';
import { aPackage } from '../../test/support/store-packages.js';
import type { Store } from './index.js';
import { layoutOf, packageFileName, recordFileName } from './layout.js';

const NAME = 'example.com/foo';

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
