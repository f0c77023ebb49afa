import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLogReader, openLogWriter } from './log-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (name: string) => readFileSync(join(folder, name), 'utf8');

const rotations = [
  { name: 'what fits exactly stays in one file', chunks: ['12345', '67890'], files: { log: '1234567890' } },
  { name: 'one byte more begins the next', chunks: ['1234567890', 'x'], files: { log: 'x', 'log.1': '1234567890' } },
  { name: 'a chunk is kept whole', chunks: ['123456', '78901'], files: { log: '78901', 'log.1': '123456' } },
  {
    name: 'one that is too large is cut',
    chunks: [`${'a'.repeat(10) + 'b'.repeat(10)}c`],
    files: { log: 'c', 'log.1': 'b'.repeat(10) },
  },
  { name: 'nothing is nothing', chunks: ['', ''], files: { log: '' } },
];
for (const { name, chunks, files } of rotations) {
  test(`the log: ${name}`, () => {
    const writer = openLogWriter(folder, 10);
    for (const chunk of chunks) writer.write(chunk);
    writer.close();
    expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort());
    for (const [file, content] of Object.entries(files)) expect(text(file)).toBe(content);
  });
}

test('the log goes on where an earlier writer ended, and stays bounded whatever comes', () => {
  for (let round = 0; round < 50; round += 1) {
    const writer = openLogWriter(folder, 100);
    writer.write('x'.repeat(round * 7));
    writer.close();
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100);
  }
  expect(readdirSync(folder).sort()).toEqual(['log', 'log.1']);
});

test('a write that fails is lost, and the next one is tried', () => {
  const writer = openLogWriter(folder, 10);
  writer.write('1234567890');
  rmSync(join(folder, 'log'));
  writer.write('lost');
  expect(() => writer.write('lost, too')).not.toThrow();
  writer.close();
});

test('a reader follows over rotations without a byte twice or missing', () => {
  const reader = openLogReader(folder);
  expect(reader.read()).toBeUndefined();
  const writer = openLogWriter(folder, 10);
  let read = '';
  const readAll = (): void => {
    for (let bytes = reader.read(); bytes !== undefined; bytes = reader.read()) read += Buffer.from(bytes).toString();
  };
  let written = '';
  for (let n = 0; n < 30; n += 1) {
    const word = `${n},`.repeat(1 + (n % 2));
    writer.write(word);
    written += word;
    // Not after each: a reader may be one file behind.
    if (n % 2 === 0) readAll();
  }
  readAll();
  expect(read).toBe(written);
  reader.close();
  writer.close();
});

test('a reader that comes late begins with the older file', () => {
  const writer = openLogWriter(folder, 10);
  for (const word of ['dropped...', 'older.....', 'newer']) writer.write(word);
  const reader = openLogReader(folder);
  expect(Buffer.concat([reader.read()!, reader.read()!]).toString()).toBe('older.....newer');
  expect(reader.read()).toBeUndefined();
  reader.close();
  writer.close();
});
