import { describe, expect, test } from 'vitest';
import { createLog, formatLine, LOG_DEBUG, LOG_NORMAL, LOG_QUIET, LOG_SILENT, wantsColour } from './log.js';

const lines = [
  { name: 'pads a short level', level: 'error', text: 'a: b', want: 'ERROR:   a: b\n' },
  { name: 'pads the longest level', level: 'warning', text: 'a', want: 'WARNING: a\n' },
  { name: 'pads info', level: 'info', text: 'Plugin built to: x', want: 'INFO:    Plugin built to: x\n' },
  { name: 'pads a hint', level: 'hint', text: 'Try', want: 'HINT:    Try\n' },
  { name: 'indents a second line', level: 'error', text: 'a\nERROR: b', want: 'ERROR:   a\n         ERROR: b\n' },
  { name: 'escapes the terminal escape', level: 'info', text: '\u001b[2J', want: 'INFO:    \\u{1b}[2J\n' },
] as const;

describe('formatLine()', () => {
  for (const { name, level, text, want } of lines) {
    test(name, () => {
      expect(formatLine(level, text, false)).toBe(want);
    });
  }
  test('colours the level only', () => {
    expect(formatLine('error', 'x', true)).toBe('\u001b[31mERROR:  \u001b[0m x\n');
    expect(formatLine('debug', 'x', true)).toBe('DEBUG:   x\n');
  });
});

const output = (isTty: boolean) => ({ write: () => {}, isTty, columns: 80 });

describe('wantsColour()', () => {
  const cases = [
    { name: 'a terminal', isTty: true, env: {}, refused: false, want: true },
    { name: 'a pipe', isTty: false, env: {}, refused: false, want: false },
    { name: 'NO_COLOR', isTty: true, env: { NO_COLOR: '1' }, refused: false, want: false },
    { name: 'an empty NO_COLOR', isTty: true, env: { NO_COLOR: '' }, refused: false, want: true },
    { name: '--no-color', isTty: true, env: {}, refused: true, want: false },
    { name: 'a dumb terminal', isTty: true, env: { TERM: 'dumb' }, refused: false, want: false },
  ];
  for (const { name, isTty, env, refused, want } of cases) {
    test(`${name}: ${want}`, () => {
      expect(wantsColour(output(isTty), env, refused)).toBe(want);
    });
  }
});

describe('createLog() prints', () => {
  const cases = [
    { name: 'errors and hints when silent', level: LOG_SILENT, want: ['ERROR', 'HINT'] },
    { name: 'warnings when quiet', level: LOG_QUIET, want: ['ERROR', 'HINT', 'WARNING'] },
    { name: 'infos normally', level: LOG_NORMAL, want: ['ERROR', 'HINT', 'WARNING', 'INFO'] },
    { name: 'all for debugging', level: LOG_DEBUG, want: ['ERROR', 'HINT', 'WARNING', 'INFO', 'VERBOSE', 'DEBUG'] },
  ];
  for (const { name, level, want } of cases) {
    test(name, () => {
      let text = '';
      const log = createLog({ ...output(false), write: (chunk) => (text += String(chunk)) }, { level, colour: false });
      for (const print of [log.error, log.hint, log.warning, log.info, log.verbose, log.debug]) print('x');
      expect(
        text
          .trim()
          .split(/:.*\n?/)
          .filter(Boolean),
      ).toEqual(want);
    });
  }
});
