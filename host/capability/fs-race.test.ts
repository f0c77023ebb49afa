/** Another process swaps a folder for a link that leads out, again and again, while a plugin lists it. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { capabilities, decode, encode } from '../abi/index.js';
import { fsCapability } from './fs.js';

const RACE_MS = 1500;
const SWAP = `
  const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
  const [folder, aside, outside] = process.argv.slice(1);
  for (const end = Date.now() + ${RACE_MS}; Date.now() < end; ) {
    renameSync(folder, aside); symlinkSync(outside, folder);
    unlinkSync(folder); renameSync(aside, folder);
  }`;

let base = '';

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'wasm-plugin-race-')));
  mkdirSync(join(base, 'root/folder'), { recursive: true });
  mkdirSync(join(base, 'outside'));
  writeFileSync(join(base, 'outside/secret'), '');
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

test('a list never shows what lies outside', async () => {
  const call = fsCapability([{ path: join(base, 'root'), writable: false }]);
  const request = encode(capabilities.fs.request, { op: 'list', path: join(base, 'root/folder') });
  const paths = ['root/folder', 'aside', 'outside'].map((name) => join(base, name));
  const swapper = spawn(process.execPath, ['-e', SWAP, ...paths], { stdio: 'inherit' });
  let running = true;
  swapper.on('exit', () => {
    running = false;
  });
  let listed = 0;
  while (running) {
    for (let i = 0; i < 100; i++) {
      const { ok, payload } = call(request);
      if (ok) {
        expect(decode(capabilities.fs.response, payload).entries).toEqual([]);
        listed += 1;
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(listed).toBeGreaterThan(0);
});
