import { expect, test } from 'vitest';
import { thrown } from '../../test/support/thrown.js';
import { memoryStore } from './kv.js';

test('memoryStore() counts every entry, so that empty ones are not endless', () => {
  const store = memoryStore(1024);
  const fill = (): void => {
    for (let i = 0; i < 1024; i++) {
      store.set(String(i), new Uint8Array(0));
    }
  };
  expect(thrown(fill).code).toBe('LIMIT_EXCEEDED');
  expect(store.list('').length).toBe(15);
});

test('memoryStore() gives the room of a deleted entry back', () => {
  const store = memoryStore(80);
  for (let i = 0; i < 100; i++) {
    store.set(String(i), new Uint8Array(8));
    expect(store.delete(String(i))).toBe(true);
  }
});
