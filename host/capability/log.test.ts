import { describe, expect, test } from 'vitest';
import { capabilities, encode } from '../abi/index.js';
import { createPluginLog, type LogLevel, type PluginLog } from './log.js';

function logWith(bytes?: number): { log: PluginLog; lines: string[]; say: (level: LogLevel, message: string) => void } {
  const lines: string[] = [];
  const log = createPluginLog('p', ({ plugin, level, text }) => lines.push(`${plugin} ${level} ${text}`), bytes);
  return { log, lines, say: (level, message) => log.capability(encode(capabilities.log.request, { level, message })) };
}

describe('the log', () => {
  test('tags a line with plugin and level', () => {
    const { lines, say } = logWith();
    say('warn', 'hot');
    expect(lines).toEqual(['p warn hot']);
  });

  test('escapes what could move the cursor, and splits lines itself', () => {
    const { lines, say } = logWith();
    say('info', 'a\u001b[2J\nb\rc');
    expect(lines).toEqual(['p info a\\u{1b}[2J', 'p info b\\u{d}c']);
  });

  test('ends with one line when the budget of a call is used up', () => {
    const { lines, say } = logWith(10);
    for (let i = 0; i < 100; i++) {
      say('info', 'abcd');
    }
    expect(lines).toEqual(['p info abcd', 'p info abcd', 'p warn log cut: more than 10 bytes in one call']);
  });

  test('counts empty lines, which cost a terminal too', () => {
    const { lines, say } = logWith(10);
    say('info', '\n'.repeat(1000));
    expect(lines.length).toBe(11);
  });

  test('cuts the largest message there is like any other', () => {
    const { lines, say } = logWith(10);
    say('info', '\n'.repeat(16 * 1024 * 1024 - 64));
    expect(lines.length).toBe(11);
  });

  test('gives the next call a budget of its own', () => {
    const { log, lines, say } = logWith(4);
    say('info', 'abcd');
    log.startCall();
    say('info', 'efgh');
    expect(lines.filter((line) => line.includes('efgh'))).toHaveLength(1);
  });

  test('keeps the last words of an abort for the error, and forgets them with the next call', () => {
    const { log, lines, say } = logWith();
    say('error', 'abort: bad index at assembly/index.ts:3:5');
    expect(log.lastWords()).toBe('bad index at assembly/index.ts:3:5');
    expect(lines).toEqual([]);
    log.startCall();
    expect(log.lastWords()).toBeUndefined();
  });
});
