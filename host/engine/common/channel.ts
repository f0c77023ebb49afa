import type { Duplex } from 'node:stream';
import { PluginError } from '../../errors/index.js';

const MAX_LINE_CHARS = 256;

/** The line-wise conversation with the scripts of a container. */
export interface Channel {
  /** Wait for a line that starts with `word`. Lines come in a fixed order, so any other means that the setup went wrong. */
  expect(word: string): Promise<string>;
  send(line: string): void;
  /** Make pending and later expectations fail with `reason`. */
  fail(reason: unknown): void;
}

export function createChannel(stream: Duplex): Channel {
  const lines: string[] = [];
  let buffer = '';
  let failed: { reason: unknown } | undefined;
  let waiting: { word: string; resolve(line: string): void; reject(reason: unknown): void } | undefined;

  function settle(): void {
    if (waiting === undefined) {
      return;
    }
    const { word, resolve, reject } = waiting;
    const line = lines.shift();
    if (line !== undefined) {
      waiting = undefined;
      if (line.split(' ')[0] === word) {
        resolve(line);
      } else {
        reject(new PluginError('ENGINE_FAILED', `Cannot start the container: its setup did not say ${word}`));
      }
    } else if (failed !== undefined) {
      waiting = undefined;
      reject(failed.reason);
    }
  }

  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = (buffer + text).split('\n');
    buffer = (parts.pop() as string).slice(0, MAX_LINE_CHARS);
    lines.push(...parts);
    settle();
  });
  // The other end may be gone already; its exit tells why.
  stream.on('error', () => undefined);

  return {
    expect: (word) =>
      new Promise((resolve, reject) => {
        waiting = { word, resolve, reject };
        settle();
      }),
    send(line) {
      stream.write(`${line}\n`);
    },
    fail(reason) {
      failed ??= { reason };
      settle();
    },
  };
}
