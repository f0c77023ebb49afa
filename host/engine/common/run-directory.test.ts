import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cleanupStale, createRunDirectory, defaultRunBase } from './run-directory.js';

let folder: string;
let base: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-runs-'));
  base = join(folder, 'base');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owner = (path: string) => JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')) as Record<string, unknown>;
const rewrite = (path: string, change: object) =>
  writeFileSync(join(path, 'owner.json'), JSON.stringify({ ...owner(path), ...change }));

describe('createRunDirectory()', () => {
  test('makes a folder, and its removal leaves nothing', () => {
    const run = createRunDirectory(base, 'a');
    expect(readdirSync(base)).toEqual(['run-a']);
    run.remove();
    run.remove();
    expect(existsSync(base)).toBe(false);
  });

  test('refuses an id that runs', () => {
    createRunDirectory(base, 'a');
    expect(() => createRunDirectory(base, 'a')).toThrow(/"a": it is running/);
    expect(readdirSync(base)).toEqual(['run-a']);
  });

  test('refuses a base that others can enter', () => {
    mkdirSync(base);
    chmodSync(base, 0o755);
    expect(() => createRunDirectory(base, 'a')).toThrow(expect.objectContaining({ code: 'ENGINE_FAILED' }));
  });

  test('says where a base cannot be made', () => {
    // In /proc nothing can be, and Node's own way would go round for ever.
    expect(() => createRunDirectory('/proc/wasm-plugin/base', 'a')).toThrow(
      expect.objectContaining({
        message: 'Cannot make the folder "/proc/wasm-plugin/base" (ENOENT)',
        hint: expect.stringContaining('TMPDIR'),
      }),
    );
  });

  test('refuses a base that is a link', () => {
    mkdirSync(join(folder, 'other'), { mode: 0o700 });
    symlinkSync(join(folder, 'other'), base);
    expect(() => createRunDirectory(base, 'a')).toThrow(expect.objectContaining({ code: 'ENGINE_FAILED' }));
  });

  const above = [
    { name: 'others can rename it', change: (path: string) => chmodSync(path, 0o777), whoever: true },
    // While a run lasts, its owner could put a link to any folder in its place, which would be emptied at the end.
    {
      name: 'its folder is that of another user',
      change: (path: string) => chownSync(path, 1000, 1000),
      whoever: false,
    },
    {
      name: 'a link of another user leads to it',
      change: (path: string) => {
        renameSync(path, `${path}-real`);
        symlinkSync(`${path}-real`, path);
        lchownSync(path, 1000, 1000);
      },
      whoever: false,
    },
  ];
  for (const { name, change, whoever } of above) {
    test.skipIf(!whoever && process.getuid?.() !== 0)(`refuses a base where ${name}`, () => {
      const middle = join(folder, 'middle');
      mkdirSync(middle, { mode: 0o755 });
      createRunDirectory(join(middle, 'base'), 'a').remove();
      change(middle);
      const make = () => createRunDirectory(join(middle, 'base'), 'a');
      expect(make).toThrow(
        expect.objectContaining({ code: 'ENGINE_FAILED', message: expect.stringContaining('others can change') }),
      );
    });
  }

  test('takes a base in a folder where everybody may write, and rename what is theirs', () => {
    chmodSync(folder, 0o1777);
    createRunDirectory(base, 'a').remove();
  });

  test('removes folders deeper than any path is long', () => {
    const run = createRunDirectory(base, 'a');
    const dig = `for (let i = 0; i < 3000; i++) {
      fs.mkdirSync('d');
      if (i === 2500) fs.chmodSync('d', 0o300);
      process.chdir('d');
    }`;
    execFileSync(process.execPath, ['-e', dig], { cwd: run.path });
    run.remove();
    expect(existsSync(base)).toBe(false);
  });

  test('removes names that are no text', () => {
    const run = createRunDirectory(base, 'a');
    const odd = Buffer.concat([Buffer.from(`${run.path}/`), Buffer.from([0xff, 0xfe])]);
    mkdirSync(odd);
    writeFileSync(Buffer.concat([odd, Buffer.from('/'), Buffer.from([0xff])]), '');
    run.remove();
    expect(existsSync(base)).toBe(false);
  });

  test('removes folders that a container has closed, and not what links lead to', () => {
    const kept = join(folder, 'kept');
    writeFileSync(kept, '');
    const run = createRunDirectory(base, 'a');
    mkdirSync(join(run.path, 'closed/deeper'), { recursive: true });
    symlinkSync(folder, join(run.path, 'closed/link'));
    chmodSync(join(run.path, 'closed'), 0);
    run.remove();
    expect(existsSync(run.path)).toBe(false);
    expect(existsSync(kept)).toBe(true);
  });
});

describe('cleanupStale()', () => {
  const cases = [
    { name: 'keeps the run of a live process', change: {}, removed: false },
    { name: 'removes the run of a process that is gone', change: { pid: 2 ** 22 + 1 }, removed: true },
    { name: 'removes a run whose pid now belongs to another process', change: { startTime: '1' }, removed: true },
    { name: 'removes a run from before the last boot', change: { bootId: 'x' }, removed: true },
    {
      name: 'keeps a run of another pid namespace',
      change: { pidNamespace: 'pid:[1]', startTime: '1' },
      removed: false,
    },
  ];
  for (const { name, change, removed } of cases) {
    test(name, () => {
      const { path } = createRunDirectory(base, 'a');
      rewrite(path, change);
      expect(cleanupStale(base)).toEqual(removed ? [path] : []);
      expect(existsSync(path)).toBe(!removed);
    });
  }

  test('keeps the record of a run whose cgroup is still busy', () => {
    const busy = join(folder, 'busy');
    mkdirSync(join(busy, 'child'), { recursive: true });
    const run = createRunDirectory(base, 'a');
    run.recordCgroups([join(folder, 'gone'), busy]);
    rewrite(run.path, { startTime: '1' });
    expect(cleanupStale(base)).toEqual([]);
    rmSync(join(busy, 'child'), { recursive: true });
    expect(cleanupStale(base)).toEqual([run.path]);
    expect(existsSync(busy)).toBe(false);
  });

  test('gives a folder without an owner a minute', () => {
    const path = join(base, 'new-x');
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const now = Date.now();
    expect(cleanupStale(base, now)).toEqual([]);
    expect(cleanupStale(base, now + 120_000)).toEqual([path]);
  });

  test('believes nothing in a base that others can write to', () => {
    const kept = join(folder, 'kept');
    mkdirSync(kept);
    const run = createRunDirectory(base, 'a');
    run.recordCgroups([kept]);
    rewrite(run.path, { startTime: '1' });
    chmodSync(base, 0o777);
    expect(cleanupStale(base)).toEqual([]);
    expect([existsSync(kept), existsSync(run.path)]).toEqual([true, true]);
    chmodSync(base, 0o700);
    expect(cleanupStale(base)).toEqual([run.path]);
  });

  test('leaves other folders alone, and a base that is missing', () => {
    expect(cleanupStale(base)).toEqual([]);
    mkdirSync(join(base, 'else'), { recursive: true, mode: 0o700 });
    expect(cleanupStale(base, Date.now() + 120_000)).toEqual([]);
    expect(readdirSync(base)).toEqual(['else']);
  });
});

test('defaultRunBase() takes the runtime folder only if it is ours', () => {
  const uid = process.getuid?.() ?? 0;
  expect(defaultRunBase(folder, '/tmp', uid)).toBe(`${folder}/wasm-plugin-${uid}`);
  expect(defaultRunBase(folder, '/tmp', uid + 1)).toBe(`/tmp/wasm-plugin-${uid + 1}`);
  expect(defaultRunBase(undefined, '/tmp', uid)).toBe(`/tmp/wasm-plugin-${uid}`);
  expect(defaultRunBase('/no/such', '/tmp', uid)).toBe(`/tmp/wasm-plugin-${uid}`);
});
