import { describe, expect, test } from 'vitest';
import { isLight } from './light.js';

const cases = [
  { argv: '', want: true },
  { argv: '--help', want: true },
  { argv: '--version', want: true },
  { argv: 'help run', want: true },
  { argv: 'list --long', want: true },
  { argv: 'plugin list', want: true },
  { argv: '--store x inspect y', want: true },
  { argv: 'install x', want: false },
  { argv: 'run list', want: false },
  { argv: 'test-cmd', want: false },
  // An option that nobody knows ends the look; the parser then says what is wrong.
  { argv: '--nope run', want: true },
];

describe('isLight()', () => {
  for (const { argv, want } of cases) {
    test(`"${argv}": ${want}`, () => {
      expect(isLight(argv.split(' ').filter(Boolean))).toBe(want);
    });
  }
});
