/** Folders of runs with something mounted in them, in our mount namespace or in another: what is mounted stays as it was. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cleanupStale, createRunDirectory } from '../../host/engine/common/index.js';
import { canContain, eventually } from '../support/container.js';

const top = mkdtempSync(join(tmpdir(), 'wasm-plugin-mounted runs-'));
const child = join(top, 'child.mjs');
const UNSHARE = ['--mount', '--propagation', 'private', '--'];
let folder: string;
let base: string;
/** On the same file system as the runs, so that the number of its device does not give it away. */
let kept: string;

beforeAll(() => {
  const entry = join(import.meta.dirname, '../support/runs-child.ts');
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile: child, logLevel: 'error' });
});
afterAll(() => rmSync(top, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(top, 'test-'));
  base = join(folder, 'base');
  kept = join(folder, 'kept');
  mkdirSync(join(kept, 'below'), { recursive: true });
  writeFileSync(join(kept, 'below/file'), '');
  chmodSync(kept, 0o751);
});

const asItWas = () =>
  readdirSync(kept, { recursive: true }).sort().join() === 'below,below/file' &&
  (statSync(kept).mode & 0o777) === 0o751;

/** A run whose process is gone. */
function staleRun(place: string): string {
  const { path } = createRunDirectory(base, 'stale');
  const owner = JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8'));
  writeFileSync(join(path, 'owner.json'), JSON.stringify({ ...owner, pid: 2 ** 22 + 1 }));
  mkdirSync(join(path, place), { recursive: true });
  return path;
}

async function mountElsewhere(target: string): Promise<ChildProcess> {
  const script = 'mount --bind "$1" "$2" && echo ready && exec cat';
  const holder = spawn('unshare', [...UNSHARE, 'sh', '-c', script, 'mount', kept, target], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  return holder;
}

describe.skipIf(!canContain('root'))('a folder that is mounted in a run', () => {
  for (const place of ['mnt', 'root', 'upper/data']) {
    test(`at ${place} in another mount namespace: the run goes, and the mount with it`, async () => {
      const path = staleRun(place);
      const holder = await mountElsewhere(join(path, place));
      expect(cleanupStale(base)).toEqual([path]);
      expect(existsSync(path)).toBe(false);
      expect(asItWas()).toBe(true);
      expect(readFileSync(`/proc/${holder.pid}/mountinfo`, 'utf8')).not.toContain(folder.replaceAll(' ', '\\040'));
      holder.stdin?.end();
      await once(holder, 'close');
    });

    test(`at ${place} in that of the sweep: both stay`, () => {
      const path = staleRun(place);
      const script = 'mount --bind "$1" "$2" && exec "$3" "$4" sweep "$5"';
      const words = ['mount', kept, join(path, place), process.execPath, child, base];
      const { stdout } = spawnSync('unshare', [...UNSHARE, 'sh', '-c', script, ...words], { encoding: 'utf8' });
      expect(JSON.parse(stdout)).toEqual([]);
      expect(asItWas()).toBe(true);
      expect(cleanupStale(base)).toEqual([path]);
    });
  }

  for (const place of ['mnt', 'root']) {
    test(`at ${place} in that of a janitor: both stay, and the next sweep takes the run`, async () => {
      const words = [process.execPath, child, 'die', base, kept, place];
      expect(spawnSync('unshare', [...UNSHARE, ...words]).status).not.toBe(0);
      const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));
      const janitors = () => pids().filter((pid) => commandOf(pid).includes(join(base, 'run-dies')));
      expect(await eventually(() => janitors().length === 0)).toBe(true);
      expect(asItWas()).toBe(true);
      expect(cleanupStale(base)).toHaveLength(1);
      expect(existsSync(base)).toBe(false);
      expect(asItWas()).toBe(true);
    });
  }
});

test('a runtime that dies later than we do leaves no folder', async () => {
  expect(spawnSync(process.execPath, [child, 'late', base]).signal).toBe('SIGKILL');
  const named = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(base));
  expect(await eventually(() => named().length === 0)).toBe(true);
  expect(existsSync(base)).toBe(false);
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
