import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilities, decode, encode, errorMessage, type RequestInputOf } from '../abi/index.js';
import { fsCapability, MAX_LIST_ENTRIES } from './fs.js';

let base = '';

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'wasm-plugin-fs-')));
  mkdirSync(join(base, 'root/sub'), { recursive: true });
  mkdirSync(join(base, 'root2'));
  writeFileSync(join(base, 'root/a.txt'), 'hello');
  writeFileSync(join(base, 'root2/secret'), 'secret');
  writeFileSync(join(base, 'outside'), 'outside');
  symlinkSync('a.txt', join(base, 'root/inside-link'));
  symlinkSync('../outside', join(base, 'root/outside-link'));
  symlinkSync('..', join(base, 'root/up'));
  symlinkSync('/', join(base, 'root/slash'));
  symlinkSync('../outside-new', join(base, 'root/dangling'));
  symlinkSync('loop', join(base, 'root/loop'));
  spawnSync('mkfifo', [join(base, 'root/fifo')]);
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

type FsRequest = RequestInputOf<typeof capabilities.fs>;

/** The answer in one word: the error's code, or what was found. */
function ask(request: FsRequest, writable = true): string {
  const call = fsCapability([{ path: join(base, 'root'), writable }]);
  const { ok, payload } = call(encode(capabilities.fs.request, request));
  if (!ok) {
    return decode(errorMessage, payload).code;
  }
  const { data, entries, kind } = decode(capabilities.fs.response, payload);
  return data === undefined ? (entries?.join(',') ?? kind ?? 'done') : `data:${Buffer.from(data).toString()}`;
}

const reads: readonly { name: string; path: string; want: string }[] = [
  { name: 'a file in the root', path: '/root/a.txt', want: 'data:hello' },
  { name: 'a path that goes up and comes back', path: '/root/sub/../a.txt', want: 'data:hello' },
  { name: 'a link that stays inside', path: '/root/inside-link', want: 'data:hello' },
  { name: 'a link that leads out', path: '/root/outside-link', want: 'denied' },
  { name: 'a folder link that leads out', path: '/root/sub/../../outside', want: 'denied' },
  { name: 'a link to the root of the host', path: '/root/slash/etc/passwd', want: 'denied' },
  { name: 'dots that leave', path: '/root/sub/../../outside', want: 'denied' },
  { name: 'a sibling whose name only begins alike', path: '/root2/secret', want: 'denied' },
  { name: 'the folder above', path: '', want: 'denied' },
  { name: 'a link to itself', path: '/root/loop', want: 'denied' },
  { name: 'what does not exist', path: '/root/nope', want: 'missing' },
  { name: 'a file below a file', path: '/root/a.txt/x', want: 'missing' },
  { name: 'a FIFO, without hanging', path: '/root/fifo', want: 'denied' },
  { name: 'a folder as a file', path: '/root/sub', want: 'denied' },
];

describe('fs read', () => {
  for (const { name, path, want } of reads) {
    test(`${name}: ${want}`, () => {
      expect(ask({ op: 'read', path: base + path })).toBe(want);
    });
  }

  test('a relative path: invalid', () => expect(ask({ op: 'read', path: 'a.txt' })).toBe('invalid'));
  test('a NUL in the path: invalid', () => expect(ask({ op: 'read', path: `${base}/root/a.txt\0` })).toBe('invalid'));
  test('a range', () => expect(ask({ op: 'read', path: `${base}/root/a.txt`, offset: 1, length: 3 })).toBe('data:ell'));
  test('a range past the end', () => expect(ask({ op: 'read', path: `${base}/root/a.txt`, offset: 9 })).toBe('data:'));
  test('a negative range: invalid', () =>
    expect(ask({ op: 'read', path: `${base}/root/a.txt`, offset: -1 })).toBe('invalid'));
  test('a huge length allocates no more than the cap', () =>
    expect(ask({ op: 'read', path: `${base}/root/a.txt`, length: 2 ** 52 })).toBe('data:hello'));
});

describe('fs write', () => {
  const write = (path: string, writable?: boolean): string =>
    ask({ op: 'write', path: base + path, data: new Uint8Array([120]) }, writable);

  test('a new file', () => {
    expect(write('/root/new')).toBe('done');
    expect(readFileSync(join(base, 'root/new'), 'utf8')).toBe('x');
  });
  test('a read-only root: denied', () => expect(write('/root/new', false)).toBe('denied'));
  test('through a dangling link that leads out: denied, and nothing is created', () => {
    expect(write('/root/dangling')).toBe('denied');
    expect(() => readFileSync(join(base, 'outside-new'))).toThrow('ENOENT');
  });
  test('through a link that leads out: denied, and the file is as it was', () => {
    expect(write('/root/outside-link')).toBe('denied');
    expect(readFileSync(join(base, 'outside'), 'utf8')).toBe('outside');
  });
  test('replaces, appends, continues', () => {
    const path = `${base}/root/parts`;
    const data = new Uint8Array([97, 98]);
    ask({ op: 'write', path, data });
    ask({ op: 'write', path, data });
    expect(readFileSync(path, 'utf8')).toBe('ab');
    ask({ op: 'write', path, data, append: true });
    expect(readFileSync(path, 'utf8')).toBe('abab');
    ask({ op: 'write', path, data, offset: 3 });
    expect(readFileSync(path, 'utf8')).toBe('abaab');
  });
  test('mkdir, list, remove', () => {
    expect(ask({ op: 'mkdir', path: `${base}/root/sub/d` })).toBe('done');
    expect(ask({ op: 'mkdir', path: `${base}/root/sub/d` })).toBe('exists');
    expect(ask({ op: 'list', path: `${base}/root/sub` })).toBe('d');
    expect(ask({ op: 'stat', path: `${base}/root/sub/d` })).toBe('directory');
    expect(ask({ op: 'remove', path: `${base}/root/sub/d` })).toBe('done');
    expect(ask({ op: 'list', path: `${base}/root/sub` })).toBe('');
  });
  test('removing a link removes the link, wherever it leads', () => {
    symlinkSync('../outside', join(base, 'root/to-remove'));
    expect(ask({ op: 'stat', path: `${base}/root/to-remove` })).toBe('symlink');
    expect(ask({ op: 'remove', path: `${base}/root/to-remove` })).toBe('done');
    expect(ask({ op: 'stat', path: `${base}/root/to-remove` })).toBe('missing');
    expect(readFileSync(join(base, 'outside'), 'utf8')).toBe('outside');
  });
  test('removing through a folder link that leads out: denied', () => {
    expect(ask({ op: 'remove', path: `${base}/root/up/outside` })).toBe('denied');
    expect(readFileSync(join(base, 'outside'), 'utf8')).toBe('outside');
  });
});

test('a folder above the listing limit is refused rather than cut', () => {
  const crowd = join(base, 'root/crowd');
  mkdirSync(crowd);
  for (let i = 0; i <= MAX_LIST_ENTRIES; i++) {
    writeFileSync(join(crowd, String(i)), '');
  }
  expect(ask({ op: 'list', path: crowd })).toBe('limit');
});

test('a grant of one file opens that file and not its folder', () => {
  const call = fsCapability([{ path: join(base, 'outside'), writable: false }]);
  const at = (path: string): boolean =>
    call(encode(capabilities.fs.request, { op: 'read', path: join(base, path) })).ok;
  expect(at('outside')).toBe(true);
  expect(at('root/a.txt')).toBe(false);
});
