/** The scripts of a fresh clone. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const clone = mkdtempSync(join(tmpdir(), 'wasm-plugin-clone-'));
afterAll(() => rmSync(clone, { recursive: true, force: true }));
cpSync(join(import.meta.dirname, '../../scripts'), join(clone, 'scripts'), { recursive: true });

describe('without node_modules', () => {
  for (const name of ['build', 'demo']) {
    test(`${name} says what to run first, and nothing else`, () => {
      const script = join(clone, `scripts/${name}.mjs`);
      const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^[^\n]*run npm ci first\n$/);
    });
  }
});
