import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import { CommandFailure, failed, reasonOf, UsageError } from './failure.js';

function enoent(): unknown {
  try {
    return readFileSync('/nonexistent/file');
  } catch (error) {
    return error;
  }
}

const cases = [
  { name: 'lowers the first letter of a sentence', error: new Error('Cannot read x'), want: 'cannot read x' },
  { name: 'keeps an abbreviation', error: new Error('SIF is cut'), want: 'SIF is cut' },
  { name: 'drops the full stop', error: new Error('plugin not found.'), want: 'plugin not found' },
  { name: 'says what the system said', error: enoent(), want: 'no such file or directory' },
  { name: 'takes a thrown string', error: 'boom', want: 'boom' },
  { name: 'never says nothing', error: new Error(''), want: 'unknown reason' },
];

describe('reasonOf()', () => {
  for (const { name, error, want } of cases) {
    test(name, () => {
      expect(reasonOf(error)).toBe(want);
    });
  }
});

test('failed() carries the hint of the reason, and its own goes first', () => {
  const error = new PluginError('PLUGIN_NOT_FOUND', 'plugin not found', { hint: 'Look at the list.' });
  expect(failed('Failed to enable plugin "x"', error)).toMatchObject({
    message: 'Failed to enable plugin "x": plugin not found.',
    hint: 'Look at the list.',
    exitCode: 1,
  });
  expect(failed('Failed', error, { hint: 'Other.' }).hint).toBe('Other.');
});

test('failed() ends a sentence with a full stop, and leaves a text of several lines as it is', () => {
  const diagnostics = new Error('Compilation failed\nassembly/index.ts:3:5\n    ^^^^');
  expect(failed('Failed', diagnostics).message).toMatch(/\^\^\^\^$/);
});

test('failed() leaves a finished failure alone', () => {
  const usage = new UsageError('bad', 'hint');
  expect(failed('Failed', usage)).toBe(usage);
  expect(usage.exitCode).toBe(2);
  expect(usage).toBeInstanceOf(CommandFailure);
});
