import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadToolchain } from './toolchain.js';

const project = mkdtempSync(join(tmpdir(), 'wasm-plugin-toolchain-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));

function install(name: string, exports: object, files: Readonly<Record<string, string>>): void {
  const home = join(project, 'node_modules', name);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name, type: 'module', exports }));
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(home, file), text);
  }
}

describe('loadToolchain()', () => {
  test("finds a package in the project's node_modules, from a folder below", async () => {
    install(
      '@some/compiler',
      { './run': { types: './run.d.ts', import: './run.js' } },
      { 'run.js': 'export const is = "local";' },
    );
    const inner = join(project, 'plugins', 'one');
    expect(await loadToolchain('@some/compiler/run', inner)).toMatchObject({ is: 'local' });
  });

  test('prefers the one beside this package', async () => {
    install('fast-check', { '.': './index.js' }, { 'index.js': 'export const is = "local";' });
    expect(await loadToolchain('fast-check', project)).not.toHaveProperty('is');
  });

  test('names the npm package that is missing', async () => {
    await expect(loadToolchain('@no/compiler/asc', project)).rejects.toMatchObject({
      code: 'TOOLCHAIN_MISSING',
      hint: 'Run in the project: npm install --save-dev @no/compiler',
      details: { package: '@no/compiler' },
    });
  });

  test('lets a broken toolchain speak for itself', async () => {
    install('broken-compiler', { '.': './index.js' }, { 'index.js': 'throw new Error("needs a newer Node");' });
    await expect(loadToolchain('broken-compiler', project)).rejects.toThrow('needs a newer Node');
  });
});
