import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aRecord, contextOf, newRoot, outcome, put, tempFolder, UID } from '../../test/support/store.js';
import { openStore } from './index.js';

interface Case {
  readonly name: string;
  readonly make: (root: string) => void;
  readonly want: string;
  /** Giving files away takes root. */
  readonly asRoot?: boolean;
}

const cases: Case[] = [
  { name: 'accepts a folder of its own', make: (root) => mkdirSync(root), want: 'ok' },
  { name: 'accepts no folder at all', make: () => undefined, want: 'ok' },
  { name: 'refuses a file', make: (root) => writeFileSync(root, ''), want: 'it is not a folder' },
  {
    name: 'refuses a link to a good folder',
    make: (root) => {
      mkdirSync(`${root}-real`);
      symlinkSync(`${root}-real`, root);
    },
    want: 'it is a symbolic link',
  },
  { name: 'accepts a mode that lets others read', make: (root) => withMode(root, 0o755), want: 'ok' },
  { name: 'refuses a mode that lets the group write', make: (root) => withMode(root, 0o770), want: 'its mode 770' },
  { name: 'refuses a mode that lets others write', make: (root) => withMode(root, 0o702), want: 'its mode 702' },
  {
    name: 'refuses a sticky folder that all may write to',
    make: (root) => withMode(root, 0o1777),
    want: 'its mode 1777',
  },
  {
    name: 'refuses a folder of somebody else',
    make: (root) => {
      mkdirSync(root);
      chownSync(root, 12_345, 12_345);
    },
    want: 'it belongs to user 12345',
    asRoot: true,
  },
  {
    name: 'refuses a store below a folder that others may write to',
    make: (root) => {
      mkdirSync(root);
      chmodSync(join(root, '..'), 0o777);
    },
    want: 'other users may write to',
  },
  {
    name: 'refuses a store of root below the folder of a user, who could rename it',
    make: (root) => {
      mkdirSync(root);
      chownSync(join(root, '..'), 12_345, 12_345);
    },
    want: 'above it belongs to user 12345, not to root',
    asRoot: true,
  },
];

test.skipIf(UID !== 0)('openStore() refuses root a way through the link of a user (needs root)', () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'good/store'), { recursive: true });
  symlinkSync('good', join(folder, 'link'));
  const root = join(folder, 'link/store');
  expect(openStore({ root, kind: 'custom' }).list()).toEqual([]);
  lchownSync(join(folder, 'link'), 12_345, 12_345);
  expect(() => openStore({ root, kind: 'custom' })).toThrow('above it belongs to user 12345');
});

test.skipIf(UID !== 0)('openStore() looks at the folders where a link leads, too (needs root)', () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'theirs/good/store'), { recursive: true });
  chownSync(join(folder, 'theirs'), 12_345, 12_345);
  symlinkSync('theirs/good', join(folder, 'link'));
  expect(() => openStore({ root: join(folder, 'link/store'), kind: 'custom' })).toThrow('/theirs" above it');
});

describe('openStore()', () => {
  for (const { name, make, want, asRoot } of cases) {
    test.skipIf(asRoot === true && UID !== 0)(`${name}${asRoot === true ? ' (needs root)' : ''}`, () => {
      const root = newRoot();
      make(root);
      let got = 'ok';
      try {
        expect(openStore({ root, kind: 'custom' }).list()).toEqual([]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORE_REFUSED', hint: expect.any(String) });
        got = (error as Error).message;
      }
      expect(got).toContain(want);
    });
  }

  test('is a TypeError for a relative path', () => {
    expect(() => openStore({ root: 'store', kind: 'custom' })).toThrow(TypeError);
  });

  for (const folder of ['plugins', 'packages'] as const) {
    test(`refuses what is in ${folder}/ once others may write there`, async () => {
      const root = newRoot();
      const context = contextOf(root);
      put(context, aRecord('a/a'));
      chmodSync(context.layout[folder], 0o777);
      const store = openStore({ root, kind: 'custom' });
      expect(await outcome(() => store.readPackage(store.get('a/a') ?? aRecord('a/a')))).toBe('STORE_REFUSED');
      expect(await outcome(() => store.setEnabled('a/a', false))).toBe('STORE_REFUSED');
    });
  }
});

test("changing the system's store needs root privileges, and makes nothing", async () => {
  // A user has no folder of root's to put one into, and needs none: nothing is made.
  const root = UID === 0 ? newRoot() : '/var/lib/wasm-plugin-that-nobody-made';
  const store = openStore({ root, kind: 'system', uid: 1000 });
  expect(store.list()).toEqual([]);
  await expect(store.setEnabledAll(false)).rejects.toMatchObject({
    code: 'STORE_REFUSED',
    message: expect.stringContaining('needs root privileges'),
  });
  expect(openStore({ root, kind: 'system', uid: 1000 }).list()).toEqual([]);
});

test.skipIf(UID !== 0)("a user reads the system's store but must not be believed as its owner (needs root)", () => {
  const root = newRoot();
  put(contextOf(root, { kind: 'system' }), aRecord('a/a'));
  expect(openStore({ root, kind: 'system', uid: 1000 }).list()).toHaveLength(1);
  chownSync(root, 1000, 1000);
  expect(() => openStore({ root, kind: 'system', uid: 1000 })).toThrow(
    'it belongs to user 1000, it must belong to user 0',
  );
});

test('a store open for reading only refuses changes', async () => {
  const store = openStore({ root: join(tempFolder(), 's'), kind: 'custom', readOnly: true });
  await expect(store.setEnabledAll(true)).rejects.toMatchObject({ code: 'STORE_REFUSED' });
});

function withMode(root: string, mode: number): void {
  mkdirSync(root);
  chmodSync(root, mode);
}
