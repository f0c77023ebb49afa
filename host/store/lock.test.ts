import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outcome, tempFolder } from '../../test/support/store.js';
import type { Holder } from './holder.js';
import { livenessOf, parseHolder, thisProcess } from './holder.js';
import { sweepLocks, takeLock, takeLockSync } from './lock.js';

const TOKEN = 'f'.repeat(32);
const self = thisProcess('0'.repeat(32));
/** Above the kernel's highest process id. */
const NO_PID = 2 ** 22 + 1;

function holding(changes: Partial<Holder>): string {
  return JSON.stringify({ ...self, token: TOKEN, ...changes });
}

const holders: { name: string; lock: string; ageMs?: number; want: string }[] = [
  { name: 'of a process that runs', lock: holding({}), want: 'STORE_LOCKED' },
  { name: 'of a process that is gone', lock: holding({ pid: NO_PID }), want: 'ok' },
  { name: 'of a process whose id another one has now', lock: holding({ started: '1' }), want: 'ok' },
  { name: 'from before the last boot', lock: holding({ bootId: 'other' }), want: 'ok' },
  { name: 'of another machine', lock: holding({ bootId: 'other', host: 'other' }), want: 'STORE_LOCKED' },
  {
    name: 'of another machine, old',
    lock: holding({ bootId: 'other', host: 'other' }),
    ageMs: 16 * 60_000,
    want: 'ok',
  },
  { name: 'of another container', lock: holding({ pidNamespace: 'pid:[1]', pid: NO_PID }), want: 'STORE_LOCKED' },
  {
    name: 'of another container, nearly old',
    lock: holding({ pidNamespace: 'pid:[1]' }),
    ageMs: 14 * 60_000,
    want: 'STORE_LOCKED',
  },
  { name: 'of another container, old', lock: holding({ pidNamespace: 'pid:[1]' }), ageMs: 16 * 60_000, want: 'ok' },
  { name: 'of a process that runs, old', lock: holding({}), ageMs: 24 * 3_600_000, want: 'STORE_LOCKED' },
  { name: 'that is empty', lock: '', want: 'ok' },
  { name: 'that is torn', lock: holding({}).slice(0, 40), want: 'ok' },
  { name: 'whose token is a path', lock: holding({ token: '../../x' }), want: 'ok' },
  { name: 'whose process id means a group', lock: holding({ pid: -1 }), want: 'ok' },
];

describe('a lock', () => {
  for (const { name, lock, ageMs = 0, want } of holders) {
    test(`${name}: ${want === 'ok' ? 'is taken over' : 'is waited for'}`, async () => {
      const folder = tempFolder();
      const path = join(folder, 'lock');
      writeFileSync(path, lock);
      const time = new Date(Date.now() - ageMs);
      utimesSync(path, time, time);
      expect(await outcome(async () => (await takeLock(path, want === 'ok' ? 60_000 : 30)).release())).toBe(want);
      expect(readdirSync(folder)).toEqual(want === 'ok' ? [] : ['lock']);
    });
  }

  test('is taken over although one who took it over died in doing so, twice', () => {
    const folder = tempFolder();
    const path = join(folder, 'lock');
    const [first, second, third] = ['a', 'b', 'c'].map((char) => char.repeat(32)) as [string, string, string];
    writeFileSync(path, holding({ token: first, pid: NO_PID }));
    writeFileSync(`${path}.after-${first}`, holding({ token: second, pid: NO_PID }));
    writeFileSync(`${path}.after-${first}.after-${second}`, holding({ token: third, pid: NO_PID }));
    takeLockSync(path, 60_000).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is not taken over while somebody else does', async () => {
    const path = join(tempFolder(), 'lock');
    writeFileSync(path, holding({ pid: NO_PID }));
    writeFileSync(`${path}.after-${TOKEN}`, holding({ token: '1'.repeat(32) }));
    expect(await outcome(() => takeLock(path, 30))).toBe('STORE_LOCKED');
  });

  test('names its holder when time is up', async () => {
    const path = join(tempFolder(), 'lock');
    const lock = takeLockSync(path, 0);
    await expect(takeLock(path, 30)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining(`process ${process.pid}`),
      details: { pid: process.pid },
    });
    expect(() => takeLockSync(path, 30)).toThrow('Cannot change the store');
    lock.release();
    takeLockSync(path, 0).release();
  });

  test('is given to one who waits', async () => {
    const path = join(tempFolder(), 'lock');
    const lock = takeLockSync(path, 0);
    const waiting = takeLock(path, 60_000);
    setTimeout(() => lock.release(), 20);
    (await waiting).release();
    expect(existsSync(path)).toBe(false);
  });

  test('that was taken over is not given back by its first holder', () => {
    const path = join(tempFolder(), 'lock');
    const lock = takeLockSync(path, 0);
    writeFileSync(path, holding({}));
    lock.release();
    expect(readFileSync(path, 'utf8')).toBe(holding({}));
  });

  test('cannot be made where there is no folder', async () => {
    expect(await outcome(() => takeLock(join(tempFolder(), 'no', 'lock'), 30))).toBe('IO_FAILED');
  });
});

test('sweepLocks() removes what dead processes left, and nothing else', () => {
  const folder = tempFolder();
  const path = join(folder, 'lock');
  const lock = takeLockSync(path, 0);
  writeFileSync(`${path}.new-1`, holding({ pid: NO_PID }));
  writeFileSync(`${path}.after-2`, holding({ pid: NO_PID }));
  writeFileSync(`${path}.new-3`, holding({}));
  writeFileSync(join(folder, 'locksmith'), '');
  sweepLocks(path);
  lock.release();
  expect(readdirSync(folder).sort()).toEqual(['lock.new-3', 'locksmith']);
});

describe('livenessOf()', () => {
  test('knows this process', () => {
    expect(livenessOf(self, thisProcess(TOKEN))).toBe('alive');
    expect(self.started).toMatch(/^[0-9]+$/);
  });

  test('parseHolder() reads what is written', () => {
    expect(parseHolder(JSON.stringify(self))).toEqual(self);
    expect(['', 'null', '{}', '[]', '1', JSON.stringify({ ...self, pid: '1' })].map(parseHolder)).toEqual(
      Array(6).fill(undefined),
    );
  });
});
