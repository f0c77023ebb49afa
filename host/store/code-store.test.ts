/** What is kept of plugins' code: exactly what was kept, only where the store is believed, and gone with its package. */
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
import { beforeEach, describe, expect, test } from 'vitest';
import { newStore } from '../../test/support/store.js';
import { aPackage } from '../../test/support/store-packages.js';
import { type CodeStore, openStore, type Store } from './index.js';
import { layoutOf } from './layout.js';

const NAME = 'example.com/foo';
const KEY = 'ab'.repeat(32);
const CODE = new Uint8Array([1, 2, 3, 4, 5]);
const keyOf = (number: number): string => number.toString(16).padStart(64, '0').split('').reverse().join('');

let store: Store;
let folder: string;
let code: CodeStore;

beforeEach(async () => {
  store = newStore();
  folder = layoutOf(store.root).code;
  code = store.codeStore((await store.install(aPackage(NAME))).record);
});

const files = (): string[] => (existsSync(folder) ? readdirSync(folder) : []);
const onlyFile = (): string => join(folder, files()[0] as string);

test('what was kept is read, by another process as well', () => {
  code.keep(KEY, CODE);
  const again = openStore({ root: store.root, kind: store.kind });
  expect(again.codeStore(again.get(NAME)!).read(KEY)).toEqual(CODE);
});

test('nothing, an empty code and a later one are told apart', () => {
  expect(code.read(KEY)).toBeUndefined();
  code.keep(KEY, new Uint8Array());
  expect(code.read(KEY)).toEqual(new Uint8Array());
  code.keep(KEY, CODE);
  expect(code.read(KEY)).toEqual(CODE);
  expect(files()).toHaveLength(1);
});

test('a key with the same first digits is another key', () => {
  code.keep(KEY, CODE);
  expect(code.read(`${KEY.slice(0, 63)}0`)).toBeUndefined();
});

describe('is not read', () => {
  const change = (act: (bytes: Uint8Array) => Uint8Array) => () =>
    writeFileSync(onlyFile(), act(readFileSync(onlyFile())));
  const cases: { name: string; act: () => void }[] = [
    ...[0, 31, 32, 95, 96, 100].map((at) => ({
      name: `with another byte ${at}`,
      act: change((bytes) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))),
    })),
    ...[0, 31, 95, 96, 100].map((length) => ({
      name: `cut to ${length} bytes`,
      act: change((bytes) => bytes.subarray(0, length)),
    })),
    { name: 'with a byte more', act: change((bytes) => Buffer.concat([bytes, Buffer.alloc(1)])) },
    { name: 'if others may write to it', act: () => chmodSync(onlyFile(), 0o666) },
    { name: 'if others may write to the folder', act: () => chmodSync(folder, 0o777) },
    {
      name: 'through a link',
      act: () => {
        const path = onlyFile();
        writeFileSync(join(store.root, 'elsewhere'), readFileSync(path));
        rmSync(path);
        symlinkSync(join(store.root, 'elsewhere'), path);
      },
    },
  ];
  for (const { name, act } of cases) {
    test(name, () => {
      code.keep(KEY, CODE);
      act();
      expect(code.read(KEY)).toBeUndefined();
    });
  }
});

test('a damaged file is replaced by what is kept next', () => {
  code.keep(KEY, CODE);
  writeFileSync(onlyFile(), 'x');
  code.keep(KEY, CODE);
  expect(code.read(KEY)).toEqual(CODE);
});

test('there are only a few of one package, the last one among them', () => {
  for (let number = 0; number < 30; number++) code.keep(keyOf(number), CODE);
  expect(files().length).toBeLessThanOrEqual(4);
  expect(code.read(keyOf(29))).toEqual(CODE);
});

test('those who may not read packages may not read code', () => {
  const { packages } = layoutOf(store.root);
  chmodSync(packages, 0o700);
  code.keep(KEY, CODE);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(onlyFile()).mode & 0o777).toBe(0o600);
});

test('goes with its package', async () => {
  const other = store.codeStore((await store.install(aPackage('other'))).record);
  code.keep(KEY, CODE);
  other.keep(KEY, CODE);
  await store.uninstall(NAME);
  expect(files()).toHaveLength(1);
  expect(other.read(KEY)).toEqual(CODE);
});

test('what a killed process left goes with the next change', async () => {
  code.keep(KEY, CODE);
  writeFileSync(join(folder, '.tmp-left'), 'half');
  await store.setEnabled(NAME, false);
  expect(files()).toHaveLength(1);
});

test('is not kept by a store that is only read, and that is no error', () => {
  const reading = openStore({ root: store.root, kind: store.kind, readOnly: true });
  reading.codeStore(reading.get(NAME)!).keep(KEY, CODE);
  expect(files()).toEqual([]);
});

test('where it cannot be kept nothing else fails', () => {
  writeFileSync(folder, 'a file in its place');
  code.keep(KEY, CODE);
  expect(code.read(KEY)).toBeUndefined();
});
