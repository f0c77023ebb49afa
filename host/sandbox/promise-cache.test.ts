import { describe, expect, test } from 'vitest';
import { createPromiseCache } from './promise-cache.js';

/** Asks for keys, each of its length in bytes, and tells which of them had to be made. */
function cacheWith(maxEntries: number, maxBytes: number) {
  const cache = createPromiseCache<string>(maxEntries, maxBytes);
  const made: string[] = [];
  const ask = (key: string, fail = false): Promise<string> =>
    cache.get(key, key.length, async () => {
      made.push(key);
      if (fail) {
        throw new Error(key);
      }
      return `${key}!`;
    });
  return { ask, made };
}

describe('a cache', () => {
  test('makes a result once, also for those who ask while it is made', async () => {
    const { ask, made } = cacheWith(2, 100);
    expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual(['a!', 'a!', 'b!']);
    expect(await ask('a')).toBe('a!');
    expect(made).toEqual(['a', 'b']);
  });

  test('lets go of what was not asked for longest', async () => {
    const { ask, made } = cacheWith(2, 100);
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) {
      await ask(key);
    }
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });

  test('holds no more bytes than it may', async () => {
    const { ask, made } = cacheWith(10, 6);
    for (const key of ['aa', 'bbbb', 'aa', 'c', 'bbbb', 'aa']) {
      await ask(key);
    }
    expect(made).toEqual(['aa', 'bbbb', 'c', 'bbbb', 'aa']);
  });

  test('does not keep what is too large, and keeps nothing else for it', async () => {
    const { ask, made } = cacheWith(10, 3);
    for (const key of ['a', 'bbbb', 'bbbb', 'a']) {
      await ask(key);
    }
    expect(made).toEqual(['a', 'bbbb', 'bbbb', 'a']);
  });

  test('forgets a failure, and counts it no more', async () => {
    const { ask, made } = cacheWith(10, 4);
    await expect(ask('aaaa', true)).rejects.toThrow('aaaa');
    await expect(ask('aaaa', true)).rejects.toThrow('aaaa');
    await ask('bbbb');
    await ask('bbbb');
    expect(made).toEqual(['aaaa', 'aaaa', 'bbbb']);
  });
});
