import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openProject } from './project.js';

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-project-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a folder without plugin.json is no project', async () => {
  await expect(openProject(folder)).rejects.toMatchObject({
    code: 'COMPILE_FAILED',
    message: expect.stringContaining('there is no plugin.json in it'),
    hint: expect.stringContaining('wasm-plugin create'),
  });
});

test('a plugin.json that cannot be read is not said to be missing', async () => {
  const dir = join(folder, 'unreadable');
  mkdirSync(join(dir, 'plugin.json'), { recursive: true });
  await expect(openProject(dir)).rejects.toMatchObject({
    code: 'IO_FAILED',
    message: expect.stringMatching(/plugin\.json": EISDIR$/),
  });
});
