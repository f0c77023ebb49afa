import { expect, test } from 'vitest';
import { createProgress } from './progress.js';

function recorder(isTty: boolean) {
  const written: string[] = [];
  return { written, isTty, columns: 10, write: (chunk: string | Uint8Array) => void written.push(String(chunk)) };
}

test('createProgress() stays silent off a terminal and when refused', () => {
  for (const [isTty, enabled] of [
    [false, true],
    [true, false],
  ] as const) {
    const output = recorder(isTty);
    const progress = createProgress(output, enabled);
    progress.step('a');
    progress.end();
    expect(output.written).toEqual([]);
  }
});

test('createProgress() replaces its line, cut to the width, and removes it once', () => {
  const output = recorder(true);
  const progress = createProgress(output, true);
  progress.step('0123456789abc');
  progress.end();
  progress.end();
  expect(output.written).toEqual(['\r\u001b[2K012345678', '\r\u001b[2K']);
});
