import { describe, expect, test } from 'vitest';
import { UsageError } from '../failure.js';
import { parseBind } from './bind.js';

const cases = [
  { text: '/a', want: { source: '/a', destination: '/a', readOnly: false } },
  { text: '/a:/b', want: { source: '/a', destination: '/b', readOnly: false } },
  { text: '/a:/b:ro', want: { source: '/a', destination: '/b', readOnly: true } },
  { text: '/a::ro', want: { source: '/a', destination: '/a', readOnly: true } },
  { text: 'a', want: { source: '/cwd/a', destination: '/cwd/a', readOnly: false } },
  { text: '/a\\:b:/c', want: { source: '/a:b', destination: '/c', readOnly: false } },
  { text: '', want: UsageError },
  { text: ':/b', want: UsageError },
  { text: '/a:b', want: UsageError },
  { text: '/a:/b:noexec', want: UsageError },
  { text: '/a:/b:ro,rw', want: UsageError },
  { text: '/a:/b:ro:x', want: UsageError },
  { text: '/a\0', want: UsageError },
] as const;

describe('parseBind()', () => {
  for (const { text, want } of cases) {
    test(JSON.stringify(text), () => {
      if (want === UsageError) expect(() => parseBind(text, '/cwd')).toThrow(UsageError);
      else expect(parseBind(text, '/cwd')).toEqual(want);
    });
  }
});
