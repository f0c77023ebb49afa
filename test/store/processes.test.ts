/** Real processes: killed at every step and at any time, and several at once. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Store } from '../../host/store/index.js';
import { openKv, openStore } from '../../host/store/index.js';
import { layoutOf } from '../../host/store/layout.js';
import { tempFolder } from '../support/store.js';
import { aPackage } from '../support/store-packages.js';
import { startProcess, useStoreProcesses } from '../support/store-process.js';

useStoreProcesses();

const NAME = 'example.com/foo';
const KEPT = 'example.com/kept';

const open = (root: string): Store => openStore({ root, kind: 'custom', lockTimeoutMs: 60_000 });
const versions = (store: Store): string[] =>
  store.list().map(({ name, version, enabled }) => `${name} ${version}${enabled ? '' : ' off'}`);

/** Nothing is damaged, and the next change leaves nothing of a killed one. */
async function expectSound(root: string): Promise<void> {
  const store = open(root);
  expect(store.check()).toMatchObject({ plugins: store.list(), problems: [] });
  await store.setEnabled(KEPT, true);
  const { plugins, packages } = layoutOf(root);
  const named = store
    .list()
    .flatMap(({ digest, previous }) => [digest, ...(previous === null ? [] : [previous.digest])]);
  expect(readdirSync(packages).sort()).toEqual([...new Set(named)].map((digest) => `${digest.slice(7)}.sif`).sort());
  expect(readdirSync(plugins)).toHaveLength(store.list().length);
  expect(readdirSync(root).sort()).toEqual(['index.jsonl', 'kv', 'packages', 'plugins']);
}

describe('a process that is killed before any step of', () => {
  const cases = [
    { name: 'an install', action: ['install', 'example.com/new', '1.0.0'], gone: [], next: ['example.com/new 1.0.0'] },
    { name: 'an upgrade', action: ['install', NAME, '2.0.0'], gone: [`${NAME} 1.0.0`], next: [`${NAME} 2.0.0`] },
    { name: 'an uninstall', action: ['uninstall', NAME], gone: [`${NAME} 1.0.0`], next: [] },
    { name: 'a disable', action: ['disable', NAME], gone: [`${NAME} 1.0.0`], next: [`${NAME} 1.0.0 off`] },
  ];
  for (const { name, action, gone, next } of cases) {
    test(`${name} leaves the store as before or after it`, async () => {
      const origin = join(tempFolder(), 'store');
      await open(origin).install(aPackage(KEPT));
      await open(origin).install(aPackage(NAME));
      const before = versions(open(origin));
      const after = [...before.filter((plugin) => !gone.includes(plugin)), ...next].sort();
      const seen = new Set<string>();
      for (let at = 0, ended = ''; ended !== 'ok'; at++) {
        const root = join(tempFolder(), 'store');
        cpSync(origin, root, { recursive: true });
        ended = await startProcess('killed-at', root, at, ...action).ended;
        expect(['ok', 'SIGKILL']).toContain(ended);
        const now = versions(open(root));
        expect([before, after], `step ${at}`).toContainEqual(now);
        seen.add(now.join());
        await expectSound(root);
        expect(versions(open(root)), `step ${at}`).toEqual(now);
      }
      expect(seen).toEqual(new Set([before.join(), after.join()]));
    });
  }
});

test('two installers at once lose nothing, while a third is killed again and again', async () => {
  const root = join(tempFolder(), 'store');
  await open(root).install(aPackage(KEPT));
  const count = 12;
  const all = Array.from({ length: count }, (_, i) => `${i}.0.0`);
  const installers = ['a', 'b'].map((name) => startProcess('install', root, `example.com/${name}`, ...all).ended);
  let done = false;
  const killing = (async () => {
    for (let i = 0; !done || i < 4; i++) {
      const victim = startProcess('churn', root, NAME);
      await sleep(150 + Math.random() * 200);
      victim.kill();
      expect(await victim.ended).toBe('SIGKILL');
      expect(open(root).read().problems).toEqual([]);
    }
  })();
  expect(await Promise.all(installers)).toEqual(['ok', 'ok']);
  done = true;
  await killing;
  const last = `${count - 1}.0.0`;
  const { previous } = open(root).get('example.com/a') ?? {};
  expect(previous?.version).toBe(`${count - 2}.0.0`);
  expect(versions(open(root)).filter((plugin) => !plugin.startsWith(NAME))).toEqual([
    `example.com/a ${last}`,
    `example.com/b ${last}`,
    `${KEPT} 1.0.0`,
  ]);
  await expectSound(root);
});

test('the lock lets one in at a time, while holders are killed', async () => {
  const folder = tempFolder();
  const [lock, file, victims] = ['lock', 'count', 'victims'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, '0');
  writeFileSync(victims, '0');
  const counters = [1, 2, 3].map(() => startProcess('count', lock, file, 60).ended);
  for (let i = 0; i < 5; i++) {
    // It counts in a file of its own, so that what it leaves half done is not taken for a lost update.
    const victim = startProcess('count', lock, victims, 1_000_000);
    await sleep(150 + Math.random() * 100);
    victim.kill();
    await victim.ended;
    writeFileSync(victims, '0');
  }
  expect(await Promise.all(counters)).toEqual(['ok', 'ok', 'ok']);
  expect(readFileSync(file, 'utf8')).toBe('180');
});

test('two processes share a key-value store, while a third is killed', async () => {
  const folder = join(tempFolder(), 'kv');
  const writers = ['x', 'y'].map((prefix) => startProcess('kv', folder, prefix, 40).ended);
  const kv = openKv(folder, { quotaBytes: 1 << 20 });
  for (let i = 0; i < 4; i++) {
    const victim = startProcess('kv-churn', folder);
    await sleep(150 + Math.random() * 100);
    victim.kill();
    await victim.ended;
    const value = kv.get('a');
    expect(value === undefined || value.every((byte) => byte === value[0])).toBe(true);
  }
  expect(await Promise.all(writers)).toEqual(['ok', 'ok']);
  const own = kv.list('').filter((key) => key !== 'a' && key !== 'b');
  expect(own).toHaveLength(80);
  expect(own.map((key) => Buffer.from(kv.get(key) ?? []).toString())).toEqual(own.map((key) => key.slice(1)));
  kv.set('last', new Uint8Array());
  expect(readdirSync(folder).filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
});
