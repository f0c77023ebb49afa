import { describe, expect, test } from 'vitest';
import { confirm } from './prompt.js';

const cases = [
  { answer: 'y', want: true },
  { answer: 'YES', want: true },
  { answer: ' yes ', want: true },
  { answer: '', want: false },
  { answer: 'n', want: false },
  { answer: 'yesterday', want: false },
  { answer: undefined, want: false },
];

describe('confirm()', () => {
  for (const { answer, want } of cases) {
    test(`${answer === undefined ? 'the end of input' : JSON.stringify(answer)} means ${want ? 'yes' : 'no'}`, async () => {
      let shown = '';
      const stdin = { isTty: true, readLine: async () => answer, readAll: async () => new Uint8Array() };
      const stderr = { write: (chunk: string | Uint8Array) => (shown += String(chunk)), isTty: true, columns: 80 };
      expect(await confirm({ stdin, stderr }, 'Install?')).toBe(want);
      expect(shown.startsWith('Install? [y/N] ')).toBe(true);
    });
  }
});
