import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkOutput, writeOutput } from './write-output.js';

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-output-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('writeOutput()', () => {
  test('replaces a file and leaves nothing beside it', async () => {
    const dir = join(folder, 'replace');
    mkdirSync(dir);
    writeFileSync(join(dir, 'a.sif'), 'old');
    await writeOutput(join(dir, 'a.sif'), new Uint8Array([110, 101, 119]));
    expect(readFileSync(join(dir, 'a.sif'), 'utf8')).toBe('new');
    expect(readdirSync(dir)).toEqual(['a.sif']);
  });

  test('cleans up when the target cannot be replaced', async () => {
    const dir = join(folder, 'stuck');
    mkdirSync(join(dir, 'a.sif', 'inner'), { recursive: true });
    await expect(writeOutput(join(dir, 'a.sif'), new Uint8Array(1))).rejects.toMatchObject({ code: 'IO_FAILED' });
    expect(readdirSync(dir)).toEqual(['a.sif']);
  });

  test('says where it cannot write', async () => {
    const path = join(folder, 'nowhere', 'a.sif');
    await expect(writeOutput(path, new Uint8Array(1))).rejects.toMatchObject({
      code: 'IO_FAILED',
      message: expect.stringContaining(path),
    });
  });
});

describe('checkOutput()', () => {
  test('accepts a file, and a name that is free', async () => {
    writeFileSync(join(folder, 'file'), '');
    await checkOutput(join(folder, 'file'));
    await checkOutput(join(folder, 'free'));
  });

  test('refuses a folder', async () => {
    await expect(checkOutput(folder)).rejects.toMatchObject({ code: 'IO_FAILED' });
  });
});
