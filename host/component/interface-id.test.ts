import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../test/support/cpu-time.js';
import { parseInterfaceId } from './interface-id.js';

describe('parseInterfaceId()', () => {
  test('takes an id apart', () => {
    expect(parseInterfaceId('wasi:io/streams@0.2.12')).toEqual({
      name: 'wasi:io/streams',
      namespace: 'wasi',
      version: '0.2.12',
      major: 0,
    });
  });

  const good = [
    'a:b/c',
    'a1:b-c2/d-e@1.0.0',
    'a:b/C-d-E@1.0.0-rc.1+build',
    'a:b-2/c-2d@1.0.0',
    'a:b/c-2-3D-4e4-5F5@1.0.0',
    'a:b/c@0.0.0',
    'a:b/c@999999999.0.1',
  ];
  for (const text of good) {
    test(`accepts ${text}`, () => {
      expect(parseInterfaceId(text)?.name).toBe(text.split('@')[0]);
    });
  }

  test('takes no longer for a name of digits that ends wrongly than for another', () => {
    const took = cpuMs(() => {
      expect(parseInterfaceId(`a:b/c${'-0'.repeat(500)}!`)).toBeUndefined();
      expect(parseInterfaceId(`a:b/c${'-0a1'.repeat(250)}A`)).toBeUndefined();
    });
    expect(took).toBeLessThan(2000);
  });

  const bad = [
    '',
    'a',
    'a:b',
    'a/b',
    'a:b/c/d',
    'a:b:c/d',
    'A:b/c',
    'a:B/c',
    'a:b/cD',
    'a:b/c@',
    'a:b/c@1',
    'a:b/c@1.0',
    'a:b/c@01.0.0',
    'a:b/c@1.0.0\n',
    'a:b/-c',
    'a:b/c-',
    'a:b/c--d',
    'a:b/1c',
    'a:b/c-2aB',
    'a:b/c-2Ab',
    'a:b/c@9999999999.0.0',
    '__proto__',
    'a:b/__proto__',
  ];
  for (const text of bad) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseInterfaceId(text)).toBeUndefined();
    });
  }
});
