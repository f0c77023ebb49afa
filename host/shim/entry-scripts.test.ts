import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { hookScript } from './entry-scripts.js';

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-scripts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the hook after a stop reads what the runtime writes, however late, and removes the state', async () => {
  const script = join(folder, 'hook');
  const state = join(folder, 'state');
  const program = ['/no/node', '/no/script'] as const;
  writeFileSync(script, hookScript({ program, runtime: '/no', store: '/no', state: '/no', hook: script }), {
    mode: 0o755,
  });
  writeFileSync(state, '');
  const child = spawn(script, ['poststop', state], { stdio: ['pipe', 'ignore', 'inherit'], env: {} });
  await sleep(300);
  expect(child.exitCode).toBe(null);
  // Without a line break, as runtimes write it.
  child.stdin.end(JSON.stringify({ id: 'one', status: 'stopped' }));
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(existsSync(state)).toBe(false);
});
