/** What the builtin engine says when the system says no before there is a container. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createBuiltinEngine, makeConfig } from '../../host/engine/index.js';

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-refusals-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (runBase: string, env: ReadonlyMap<string, string> = new Map()) => {
  const rootless = process.getuid?.() !== 0;
  const config = makeConfig({ rootfs: folder, command: ['/bin/true'], env, rootless });
  return createBuiltinEngine({ runBase }).start({ id: 'c1', rootfs: folder, config });
};

describe('start() fails with an error of ours', () => {
  test('where no folder can be made for the run', async () => {
    await expect(start('/dev/null/runs')).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringContaining('ENOTDIR'),
      cause: expect.objectContaining({ code: 'ENOTDIR' }),
    });
  });

  test('where the system refuses the variables, and leaves nothing behind', async () => {
    const runBase = join(folder, 'runs');
    await expect(start(runBase, new Map([['LONG', 'x'.repeat(200_000)]]))).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringContaining('E2BIG'),
      hint: expect.stringContaining('variables'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
