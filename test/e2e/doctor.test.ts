/** `doctor` as it is typed, as root and as an ordinary user. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCommand } from '../support/built-command.js';
import type { Identity } from '../support/container.js';
import { become, canContain, ORDINARY_UID } from '../support/container.js';

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-doctor-'));
let program: string;
beforeAll(() => {
  chmodSync(folder, 0o755);
  program = buildCommand(join(folder, 'package'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function doctor(identity: Identity, args: readonly string[], home = '/nonexistent') {
  const [file, ...words] = [...become(identity), process.execPath, program, 'doctor', '--store', folder, ...args];
  const env = { PATH: process.env.PATH, HOME: home };
  return spawnSync(file!, words, { encoding: 'utf8', cwd: '/', env });
}

for (const identity of ['root', 'user'] as const) {
  describe.skipIf(!canContain(identity))(`doctor as ${identity}`, () => {
    test('tells of engines, images, limits, and for users of ids', () => {
      const { stdout, stderr } = doctor(identity, ['--json']);
      const report = JSON.parse(stdout);
      expect(stderr).toBe('');
      expect(report.engines.map(({ name }: { name: string }) => name)).toEqual([
        'builtin',
        'crun',
        'runc',
        'podman',
        'containerd',
      ]);
      expect(report.engines[0]).toMatchObject({ usable: true, problems: [] });
      expect(report.images).toHaveLength(5);
      if (identity === 'user') expect(report.images[0].problems).toEqual(['only root can mount']);
      expect(report.limits.cgroups.length).toBeGreaterThan(0);
      // A limit is applied, or there is a reason.
      const { applied, problems } = report.limits;
      for (const name of ['memory.limit', 'pids.limit', 'cpu.shares', 'cpu.quota']) {
        expect(applied.includes(name), problems.join('\n')).toBe(!problems.join(' ').includes(name));
      }
      expect('fakeroot' in report).toBe(identity === 'user');
      if (identity === 'user') {
        const { uids, problems: why } = report.fakeroot;
        expect([uids > 0, why.length > 0]).toEqual(why.length > 0 ? [uids > 0, true] : [true, false]);
      }
    });

    test('says it in words, a line for each', () => {
      const { stdout } = doctor(identity, []);
      for (const title of ['engine', 'images', 'limits', 'store']) {
        expect(stdout).toMatch(new RegExp(`^${title.padEnd(13)}\\S`, 'm'));
      }
      expect(stdout).toMatch(/^engine {7}builtin: ok, version \d/m);
      expect(stdout).toMatch(/^limits {7}cgroups v[12]/m);
    });
  });
}

test.skipIf(!canContain('user'))('a setup whose Node.js is gone is a failure', () => {
  const home = join(folder, 'home');
  const node = join(home, 'node');
  mkdirSync(home);
  if (process.getuid?.() === 0) chownSync(home, ORDINARY_UID, ORDINARY_UID);
  writeFileSync(node, `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
  const entry = join(home, '.local/lib/wasm-plugin/podman/wasm-plugin');
  const [file, ...words] = [...become('user'), process.execPath, program, '--store', folder, 'setup', 'podman'];
  const env = { PATH: process.env.PATH, HOME: home };
  const setup = spawnSync(file!, [...words, '--runtime', '/bin/true'], { encoding: 'utf8', cwd: '/', env });
  expect(setup.stderr).toBe('');
  const before = doctor('user', [], home);
  expect(before.stdout).toContain(`setup        podman, "${entry}": ok, with "`);
  expect(before.status).toBe(0);
  spawnSync('sed', ['-i', `s|${process.execPath}|/gone/node|`, entry, `${entry}-hook`]);
  const { stdout, status } = doctor('user', [], home);
  expect(stdout).toContain(`setup        podman, "${entry}": broken\n`);
  expect(stdout).toContain('             Node.js is not at "/gone/node" any more\n');
  expect(stdout).toContain('             run again: wasm-plugin setup podman\n');
  expect(status).toBe(1);
});
