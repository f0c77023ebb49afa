import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { othersCanChange } from './trust.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-trust-'));
  for (const name of ['bin', 'lib', 'conf']) mkdirSync(join(folder, name), { mode: 0o755 });
  for (const name of ['bin/node', 'bin/crun', 'lib/wasm-plugin.js']) {
    writeFileSync(join(folder, name), '', { mode: 0o755 });
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const found = () =>
  othersCanChange({
    program: [join(folder, 'bin/node'), join(folder, 'lib/wasm-plugin.js')],
    runtime: join(folder, 'bin/crun'),
    folder: join(folder, 'lib/made/later'),
    config: join(folder, 'conf'),
  }).map((sentence) => sentence.replaceAll(folder, '').replace(', and so what containers start', ''));

const isRoot = process.getuid?.() === 0;
const cases = [
  { name: 'nothing', act: () => undefined, want: [] },
  { name: 'a program', act: () => chmodSync(join(folder, 'bin/crun'), 0o757), want: ['/bin/crun'] },
  { name: 'a folder above two programs, once', act: () => chmodSync(join(folder, 'bin'), 0o777), want: ['/bin'] },
  {
    name: 'a folder that the one to be made will be in',
    act: () => chmodSync(join(folder, 'lib'), 0o777),
    want: ['/lib'],
  },
  {
    name: 'where a link leads',
    act: () => {
      mkdirSync(join(folder, 'open'));
      writeFileSync(join(folder, 'open/node'), '');
      chmodSync(join(folder, 'open'), 0o777);
      rmSync(join(folder, 'bin/node'));
      symlinkSync('../open/node', join(folder, 'bin/node'));
    },
    want: ['/open'],
  },
  {
    name: 'what belongs to another user',
    act: () => chownSync(join(folder, 'lib'), 1000, 1000),
    want: ['/lib'],
    rootOnly: true,
  },
];
for (const { name, act, want, rootOnly = false } of cases) {
  test.skipIf(rootOnly && !isRoot)(`others can change ${name}`, () => {
    act();
    expect(found()).toEqual(want.map((path) => `other users can change "${path}"`));
  });
}
