import { describe, expect, test } from 'vitest';
import { UsageError } from '../failure.js';
import { parseVariables } from './variables.js';

const cases = [
  { texts: ['A=1'], want: { A: '1' } },
  { texts: ['A='], want: { A: '' } },
  { texts: ['A=x=y'], want: { A: 'x=y' } },
  { texts: ['HOME'], want: { HOME: '/home/me' } },
  { texts: ['NOT_SET'], want: {} },
  { texts: ['constructor'], want: {} },
  { texts: ['A=1', 'A=2'], want: { A: '2' } },
  { texts: ['=1'], want: UsageError },
  { texts: [''], want: UsageError },
  { texts: ['A=\0'], want: UsageError },
] as const;

describe('parseVariables()', () => {
  for (const { texts, want } of cases) {
    test(JSON.stringify(texts), () => {
      const parse = () => Object.fromEntries(parseVariables(texts, { HOME: '/home/me' }));
      if (want === UsageError) expect(parse).toThrow(UsageError);
      else expect(parse()).toEqual(want);
    });
  }
});
