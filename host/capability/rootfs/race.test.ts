/** Another process swaps a folder of the new root for a link that leads out, again and again, while the root is made. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isGone } from '../../../test/support/container.js';
import { type Actor, actors, besideCanary, outcome, put } from '../../../test/support/rootfs.js';
import { createRootfs, removeRootfs } from './index.js';

const RACE_MS = 1500;
/** As long as neither has been seen; another process takes its time to start. */
const PATIENCE_MS = 120_000;
const SWAP = `
  const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
  const [folder, aside, outside] = process.argv.slice(1);
  const attempt = (act, ...paths) => { try { act(...paths); } catch {} };
  for (const end = Date.now() + ${2 * PATIENCE_MS}; Date.now() < end; ) {
    attempt(renameSync, folder, aside); attempt(symlinkSync, outside, folder);
    attempt(unlinkSync, folder); attempt(renameSync, aside, folder);
  }`;

test('nothing is written, changed or removed outside', () => {
  const [actor] = actors() as [Actor];
  besideCanary(actor, ({ dir, outside }) => {
    const swapper = spawn(process.execPath, ['-e', SWAP, join(dir, 'folder'), join(dir, 'aside'), outside], {
      stdio: 'ignore',
    });
    const outcomes = new Set<string>();
    const raced = (): boolean => ['ok', 'failed'].every((one) => outcomes.has(one));
    for (const start = Date.now(); Date.now() - start < (raced() ? RACE_MS : PATIENCE_MS); ) {
      outcomes.add(makeOnce(dir) ?? 'not begun');
    }
    swapper.kill('SIGKILL');
    // Its end would be told by the event loop, which does not run here.
    while (!isGone(swapper.pid as number)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    expect([...outcomes]).toEqual(expect.arrayContaining(['ok', 'failed']));
  });
});

/** A root from beginning to end; the other process may make any step of it fail. */
function makeOnce(dir: string): string | undefined {
  const root = unlessSwapped(() => {
    removeRootfs(dir);
    mkdirSync(dir);
    return createRootfs(dir);
  });
  if (root === undefined) {
    return undefined;
  }
  const result = outcome(() => {
    put(root, 'folder/x');
    put(root, 'folder/folder/file');
    root.hardlink('folder/secret', 'folder/x');
    root.setMeta('folder/x', { mode: 0o777 });
    root.setMeta('folder', { mode: 0o777 });
    root.clear('folder');
    put(root, 'folder/secret');
    root.remove('folder');
    put(root, 'folder/secret');
    root.close();
  });
  unlessSwapped(() => root.abort());
  return result;
}

/** What another process moves about may be gone, or not empty, when it is removed. */
function unlessSwapped<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toMatch(/^(IO_FAILED|E(NOENT|NOTEMPTY|EXIST|ISDIR|NOTDIR|LOOP))$/);
    return undefined;
  }
}
