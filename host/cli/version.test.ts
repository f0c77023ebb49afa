import { expect, test } from 'vitest';
import { HOST_VERSION } from '../runtime/index.js';
import { readVersion } from './version.js';

test('readVersion() is what plugins see', () => {
  expect(readVersion()).toBe(HOST_VERSION);
});
