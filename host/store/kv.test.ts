import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outcome, tempFolder } from '../../test/support/store.js';
import { nodeFiles } from './files.js';
import { sha256Hex } from './hash.js';
import { openKv } from './index.js';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const newKv = (quotaBytes = 10_000) => openKv(join(tempFolder(), 'kv'), { quotaBytes });
/** Of one entry of a one-byte key: key, value, and the fixed cost. */
const costOf = (valueLen: number): number => 1 + valueLen + 64;

test('an empty one has nothing, and makes nothing', () => {
  const folder = join(tempFolder(), 'kv');
  const kv = openKv(folder, { quotaBytes: 10 });
  expect([kv.get('a'), kv.delete('a'), kv.list('')]).toEqual([undefined, false, []]);
  expect(existsSync(folder)).toBe(false);
});

test('keeps values for the next one who opens it, privately', () => {
  const folder = join(tempFolder(), 'kv');
  openKv(folder, { quotaBytes: 1000 }).set('a/../b', bytes('value'));
  const kv = openKv(folder, { quotaBytes: 1000 });
  expect(kv.get('a/../b')).toEqual(bytes('value'));
  expect(kv.list('')).toEqual(['a/../b']);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder)).toEqual([sha256Hex('a/../b')]);
});

describe('set() accepts', () => {
  const cases = [
    { name: 'a value that just fits', key: 'k', valueLen: 1000 - costOf(0), want: 'ok' },
    { name: 'not one byte more', key: 'k', valueLen: 1001 - costOf(0), want: 'LIMIT_EXCEEDED' },
    { name: 'a key of 512 bytes', key: 'é'.repeat(256), valueLen: 0, want: 'ok' },
    { name: 'not one of 513', key: `${'é'.repeat(256)}a`, valueLen: 0, want: 'LIMIT_EXCEEDED' },
    { name: 'no empty key', key: '', valueLen: 0, want: 'LIMIT_EXCEEDED' },
    { name: 'no half of a surrogate pair', key: 'a\ud800', valueLen: 0, want: 'LIMIT_EXCEEDED' },
    { name: 'an empty value', key: 'k', valueLen: 0, want: 'ok' },
  ];
  for (const { name, key, valueLen, want } of cases) {
    test(name, async () => {
      const kv = newKv(1000);
      expect(await outcome(() => kv.set(key, new Uint8Array(valueLen)))).toBe(want);
      expect(kv.get(key)?.byteLength).toBe(want === 'ok' ? valueLen : undefined);
      expect(kv.delete(key)).toBe(want === 'ok');
    });
  }
});

describe('the quota', () => {
  test('counts what is replaced once', () => {
    const kv = newKv(costOf(10));
    kv.set('k', new Uint8Array(10));
    kv.set('k', bytes('0123456789'));
    expect(kv.get('k')).toEqual(bytes('0123456789'));
  });

  test('counts every key, empty ones too', async () => {
    const kv = newKv(costOf(0) * 2);
    kv.set('a', new Uint8Array());
    kv.set('b', new Uint8Array());
    expect(await outcome(() => kv.set('c', new Uint8Array()))).toBe('LIMIT_EXCEEDED');
    expect(kv.list('')).toEqual(['a', 'b']);
    kv.delete('a');
    kv.set('c', new Uint8Array());
    expect(kv.list('')).toEqual(['b', 'c']);
  });

  test('leaves the old value when the new one does not fit', async () => {
    const kv = newKv(costOf(5));
    kv.set('a', bytes('old'));
    expect(await outcome(() => kv.set('a', bytes('longer')))).toBe('LIMIT_EXCEEDED');
    expect(kv.get('a')).toEqual(bytes('old'));
  });

  test('is a number of bytes', () => {
    expect(() => newKv(-1)).toThrow(RangeError);
    expect(() => newKv(Number.NaN)).toThrow(RangeError);
  });
});

test('list() answers the keys that begin with the prefix, sorted', () => {
  const kv = newKv();
  for (const key of ['b', 'a/2', 'a', 'a/1', '__proto__']) {
    kv.set(key, bytes(key));
  }
  expect(kv.list('')).toEqual(['__proto__', 'a', 'a/1', 'a/2', 'b']);
  expect(kv.list('a/')).toEqual(['a/1', 'a/2']);
  expect(kv.list('c')).toEqual([]);
});

test('values are copies both ways', () => {
  const kv = newKv();
  const value = bytes('abc');
  kv.set('k', value);
  value.fill(0);
  kv.get('k')?.fill(0);
  expect(kv.get('k')).toEqual(bytes('abc'));
});

describe('a folder that somebody changed', () => {
  test('with write access for others is refused', async () => {
    const folder = join(tempFolder(), 'kv');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const kv = openKv(folder, { quotaBytes: 1000 });
    expect(await outcome(() => kv.get('a'))).toBe('STORE_REFUSED');
    expect(await outcome(() => kv.set('a', bytes('b')))).toBe('STORE_REFUSED');
  });

  test('that is a link is refused', async () => {
    const folder = join(tempFolder(), 'kv');
    symlinkSync(tempFolder(), folder);
    expect(await outcome(() => openKv(folder, { quotaBytes: 1000 }).set('a', bytes('b')))).toBe('STORE_REFUSED');
  });

  const entries = [
    { name: 'that is empty', content: new Uint8Array() },
    { name: 'whose key is longer than the file', content: new Uint8Array([9, 0, 0, 0, 97]) },
    { name: 'whose key is too long to be one', content: new Uint8Array([255, 255, 255, 255, 97]) },
  ];
  for (const { name, content } of entries) {
    test(`with an entry ${name} says so`, async () => {
      const folder = tempFolder();
      writeFileSync(join(folder, sha256Hex('a')), content, { mode: 0o600 });
      const kv = openKv(folder, { quotaBytes: 1000 });
      expect(await outcome(() => kv.get('a'))).toBe('STORE_CORRUPT');
      expect(await outcome(() => kv.list(''))).toBe('STORE_CORRUPT');
      kv.set('a', bytes('new'));
      expect(kv.get('a')).toEqual(bytes('new'));
    });
  }
});

test('list() answers with an error of ours for an entry that cannot be read, and does not leave it out', async () => {
  const folder = tempFolder();
  const kv = openKv(folder, { quotaBytes: 1000 });
  mkdirSync(join(folder, sha256Hex('a')));
  expect(await outcome(() => kv.list(''))).toBe('IO_FAILED');
  symlinkSync('/etc/passwd', join(folder, sha256Hex('b')));
  rmSync(join(folder, sha256Hex('a')), { recursive: true });
  expect(await outcome(() => kv.list(''))).toBe('IO_FAILED');
});

test('a failed write leaves the old value and no other file', async () => {
  for (const step of ['create', 'write', 'sync', 'close', 'rename'] as const) {
    const folder = join(tempFolder(), 'kv');
    openKv(folder, { quotaBytes: 1000 }).set('a', bytes('old'));
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const files = {
      ...nodeFiles,
      [step]: () => {
        throw full;
      },
    };
    const kv = openKv(folder, { quotaBytes: 1000, files });
    expect(await outcome(() => kv.set('a', bytes('new'))), step).toBe('IO_FAILED');
    expect(kv.get('a'), step).toEqual(bytes('old'));
    expect(readdirSync(folder), step).toEqual([sha256Hex('a')]);
  }
});

test('does what a map does, whatever the order', () => {
  const key = fc.constantFrom('a', 'b', 'ab', '__proto__', 'ü');
  const step = fc.oneof(
    fc.record({ op: fc.constant('set' as const), key, value: fc.uint8Array({ maxLength: 20 }) }),
    fc.record({ op: fc.constant('delete' as const), key }),
    fc.record({ op: fc.constant('list' as const), key }),
  );
  const quiet = { ...nodeFiles, sync: () => undefined, syncFolder: () => undefined };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
      const kv = openKv(join(tempFolder(), 'kv'), { quotaBytes: 10_000, files: quiet });
      const model = new Map<string, Uint8Array>();
      for (const each of steps) {
        if (each.op === 'set') {
          kv.set(each.key, each.value);
          model.set(each.key, each.value);
        } else if (each.op === 'delete') {
          expect(kv.delete(each.key)).toBe(model.delete(each.key));
        } else {
          expect(kv.list(each.key)).toEqual([...model.keys()].filter((name) => name.startsWith(each.key)).sort());
        }
        expect(kv.get(each.key)).toEqual(model.get(each.key));
      }
    }),
    { numRuns: 40 },
  );
});
