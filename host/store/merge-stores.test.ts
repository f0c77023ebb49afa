import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aRecord, newStore, outcome } from '../../test/support/store.js';
import { aPackage } from '../../test/support/store-packages.js';
import { mergeStores } from './index.js';
import { layoutOf, recordFileName } from './layout.js';

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
    expect(merged.summaries()).toMatchObject(
      merged.list().map(({ name, version, enabled }) => ({ name, version, enabled })),
    );
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
