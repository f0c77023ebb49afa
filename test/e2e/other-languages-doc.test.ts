/** The plugin in JavaScript of docs/other-languages.md, built as it stands and called. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../support/cli.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(ROOT, 'docs/other-languages.md'), 'utf8');
const files = [...text.matchAll(/^`([\w./]+)`:\n\n```\w+\n([\s\S]*?)```$/gm)];
const user = { uid: 1, gid: 1 };

const project = mkdtempSync(join(tmpdir(), 'wasm-plugin-other-languages-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));

beforeAll(() => {
  for (const [, name, content] of files) {
    const path = join(project, name as string);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content as string);
  }
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(ROOT, join(project, 'node_modules/wasm-plugin'));
  for (const name of ['componentize-qjs', 'esbuild', 'msgpackr']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
  }
  execFileSync(process.execPath, ['build.mjs'], { cwd: project });
}, 120_000);

const call = (args: readonly string[]) =>
  cli(
    ['call', 'hello.sif', 'command', '--input', JSON.stringify({ phase: 'run', path: 'hello', args, cwd: '/', user })],
    {
      cwd: project,
    },
  );

test('it answers, and logs', async () => {
  const { stdout, stderr, exitCode } = await call(['Ada']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ stdout: 'Hello, Ada!\n' });
  expect(stderr).toContain('greeting Ada');
});

test('it fails with words of its own', async () => {
  const { stderr, exitCode } = await call([]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/Nobody to greet\.\nHINT: {4}Give a name\.\n/);
});
