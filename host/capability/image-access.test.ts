import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerNow } from '../../test/support/capability.js';
import { capabilities, decode, encode, errorMessage, type RequestInputOf } from '../abi/index.js';
import { imageAccess } from './image-access.js';
import { createRootfs, type Rootfs } from './rootfs/index.js';

const MESSAGE_BYTES = 1000;
const SIZE = 5000;
const content = Uint8Array.from({ length: SIZE }, (_, i) => i % 251);

let folder: string;
let file: number;
let rootfs: Rootfs;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-access-'));
  writeFileSync(join(folder, 'image'), content);
  file = openSync(join(folder, 'image'), 'r+');
  rootfs = createRootfs(mkdtempSync(join(folder, 'root-')));
});

afterEach(() => {
  rootfs.abort();
  closeSync(file);
  rmSync(folder, { recursive: true });
});

function asking() {
  const access = imageAccess();
  const [image, root] = access.capabilities(MESSAGE_BYTES).map(({ answer }) => answer);
  return {
    access,
    read(offset: number, length: number) {
      const { ok, payload } = answerNow(image!, encode(capabilities.image.request, { offset, length }));
      expect(payload.byteLength).toBeLessThanOrEqual(MESSAGE_BYTES);
      return ok ? decode(capabilities.image.response, payload) : decode(errorMessage, payload).code;
    },
    create(...entries: RequestInputOf<typeof capabilities.rootfs>['entries']) {
      const { ok, payload } = answerNow(root!, encode(capabilities.rootfs.request, { entries }));
      return ok ? decode(capabilities.rootfs.response, payload).skipped : decode(errorMessage, payload).code;
    },
  };
}

const opened = () => ({ image: { file, size: SIZE }, rootfs });

describe('image', () => {
  const cases = [
    { name: 'a part', offset: 10, length: 20, count: 20, eof: false },
    { name: 'the last byte', offset: SIZE - 1, length: 1, count: 1, eof: true },
    { name: 'less at the end', offset: SIZE - 5, length: 100, count: 5, eof: true },
    { name: 'nothing at the end', offset: SIZE, length: 1, count: 0, eof: true },
    { name: 'nothing behind it', offset: Number.MAX_SAFE_INTEGER, length: 1, count: 0, eof: true },
    { name: 'the size alone', offset: 0, length: 0, count: 0, eof: false },
    { name: 'no more than a message holds', offset: 0, length: SIZE, count: MESSAGE_BYTES - 64, eof: false },
    {
      name: 'and no more than that of any length',
      offset: 0,
      length: Number.MAX_SAFE_INTEGER,
      count: MESSAGE_BYTES - 64,
      eof: false,
    },
  ];
  for (const { name, offset, length, count, eof } of cases) {
    test(`gives ${name}`, async () => {
      const { access, read } = asking();
      const data = content.slice(offset, offset + count);
      await access.during(opened(), async () => expect(read(offset, length)).toEqual({ size: SIZE, eof, data }));
    });
  }

  test('one answer after the other, a short one after a long one', async () => {
    const { access, read } = asking();
    await access.during(opened(), async () => {
      for (const length of [900, 3, 0, 300]) {
        expect(read(7, length)).toMatchObject({ data: content.slice(7, 7 + length) });
      }
    });
  });

  test('gives what is left of a file that became shorter', async () => {
    const { access, read } = asking();
    ftruncateSync(file, 15);
    await access.during(opened(), async () => expect(read(10, 20)).toMatchObject({ data: content.slice(10, 15) }));
  });

  for (const [offset, length] of [
    [-1, 1],
    [0, -1],
  ] as const) {
    test(`refuses ${length} bytes at ${offset}`, async () => {
      const { access, read } = asking();
      await access.during(opened(), async () => expect(read(offset, length)).toBe('invalid'));
    });
  }

  test('is closed before and after a call, also after one that failed, and opens once', async () => {
    const { access, read, create } = asking();
    const closed = () => [read(0, 1), create({ op: 'directory', path: 'a' })];
    expect(closed()).toEqual(['denied', 'denied']);
    await expect(access.during(opened(), () => Promise.reject(new Error('as asked')))).rejects.toThrow('as asked');
    expect(closed()).toEqual(['denied', 'denied']);
    await access.during(opened(), async () => {
      await expect(access.during(opened(), async () => undefined)).rejects.toMatchObject({ code: 'HOST_BUG' });
      expect(read(0, 1)).toMatchObject({ size: SIZE });
    });
    expect(closed()).toEqual(['denied', 'denied']);
  });
});

describe('rootfs', () => {
  test('is closed while an image is only looked at', async () => {
    const { access, create } = asking();
    const { image } = opened();
    await access.during({ image }, async () => expect(create({ op: 'directory', path: 'a' })).toBe('denied'));
  });

  test('makes entries in order up to the first that cannot be', async () => {
    const { access, create } = asking();
    await access.during(opened(), async () => {
      const entries = [
        { op: 'directory', path: 'a' },
        { op: 'file', path: '../b' },
        { op: 'file', path: 'c' },
      ] as const;
      expect(create(...entries)).toBe('invalid');
    });
    rootfs.close();
    expect(readdirSync(join(folder, readdirSync(folder).find((name) => name.startsWith('root-')) as string))).toEqual([
      'a',
    ]);
  });

  test('continues a file over messages, and nothing else meanwhile', async () => {
    const { access, create } = asking();
    const part = (text: string) => Buffer.from(text);
    await access.during(opened(), async () => {
      expect(create({ op: 'append', data: part('x') })).toBe('invalid');
      expect(create({ op: 'file', path: 'f', data: part('a'), more: true })).toBe(0);
      expect(create({ op: 'directory', path: 'd' })).toBe('invalid');
      expect(create({ op: 'append', data: part('b'), more: true }, { op: 'append', data: part('c') })).toBe(0);
      expect(create({ op: 'append', data: part('x') })).toBe('invalid');
    });
    rootfs.close();
    const root = readdirSync(folder).find((name) => name.startsWith('root-')) as string;
    expect(readFileSync(join(folder, root, 'f'), 'utf8')).toBe('abc');
  });

  const refused = [
    { name: 'a link without a target', entry: { op: 'symlink', path: 'l' }, want: 'invalid' },
    { name: 'a hard link to nothing', entry: { op: 'hardlink', path: 'l', target: 'none' }, want: 'missing' },
    { name: 'a mode that is none', entry: { op: 'file', path: 'f', mode: 0o10000 }, want: 'invalid' },
    { name: 'a negative owner', entry: { op: 'file', path: 'f', uid: -1 }, want: 'invalid' },
    { name: 'a time without end', entry: { op: 'file', path: 'f', mtime: Number.MAX_SAFE_INTEGER }, want: 'invalid' },
    { name: 'meta of nothing', entry: { op: 'meta', path: 'none', mode: 0 }, want: 'missing' },
    { name: 'an empty path', entry: { op: 'directory' }, want: 'invalid' },
    { name: 'a device, which is left out', entry: { op: 'block-device', path: 'd', major: 8, minor: 0 }, want: 1 },
    { name: 'removing what is not there, which is fine', entry: { op: 'remove', path: 'none' }, want: 0 },
  ] as const;
  for (const { name, entry, want } of refused) {
    test(`refuses ${name}`, async () => {
      const { access, create } = asking();
      await access.during(opened(), async () => expect(create(entry)).toBe(want));
    });
  }
});
