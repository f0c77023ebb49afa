/** An independent reader sees the example plugins' packages as what they are: two objects, byte for byte. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPackage } from '../../host/package/index.js';
import { compileExample } from '../support/example-plugin.js';
import { needs } from '../support/need.js';

test.skipIf(!needs('siftool'))('siftool lists an example package and dumps its manifest', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-siftool-'));
  try {
    const file = join(folder, 'config-plugin.sif');
    const bytes = await compileExample('config-plugin');
    writeFileSync(file, bytes);
    const list = execFileSync('siftool', ['list', file], { encoding: 'utf8' });
    const rows = list.split('\n').filter((line) => /^\d/.test(line));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^1 +\|1 +\|NONE +\|32768-\d+ +\|FS \(Raw\/Data\/unknown\)/);
    expect(rows[1]).toMatch(/^2 +\|1 +\|NONE +\|\d+-\d+ +\|JSON\.Generic/);
    const manifest = JSON.parse(execFileSync('siftool', ['dump', '2', file], { encoding: 'utf8' }));
    expect(manifest.name).toBe('example.com/config-plugin');
    const component = execFileSync('siftool', ['dump', '1', file], { maxBuffer: bytes.byteLength });
    expect(Buffer.compare(component, readPackage(bytes).component)).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
