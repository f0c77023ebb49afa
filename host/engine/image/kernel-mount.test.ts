import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../test/support/need.js';
import { mountWithKernel } from './kernel-mount.js';
import type { FileSystemPart } from './types.js';

const usable = process.getuid?.() === 0 && needs('mksquashfs');

describe.skipIf(!usable)('mountWithKernel()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernel-mount-'));
  const path = (name: string): string => join(folder, name);
  const open: number[] = [];

  beforeAll(() => {
    for (const name of ['content', 'target']) mkdirSync(path(name));
    for (const name of ['looked-at', 'swapped-in']) spawnSync('mksquashfs', [path('content'), path(name), '-quiet']);
  });
  afterAll(() => {
    for (const fd of open) closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  const part = (opened: string, named: string): FileSystemPart => {
    const fd = openSync(path(opened), 'r');
    open.push(fd);
    return { type: 'squashfs', name: 'image', path: path(named), fd, offset: 0, size: statSync(path(named)).size };
  };
  const isMounted = (): boolean => statSync(path('target')).dev !== statSync(folder).dev;

  test('mounts the file that is open', async () => {
    await mountWithKernel(part('looked-at', 'looked-at'), path('target'));
    expect(isMounted()).toBe(true);
    spawnSync('umount', [path('target')]);
  });

  test('takes a mount back whose path came to mean another file', async () => {
    await expect(mountWithKernel(part('looked-at', 'swapped-in'), path('target'))).rejects.toThrow(
      'another file came to be in its place',
    );
    expect(isMounted()).toBe(false);
  });

  test('says what mount said', async () => {
    const wrong: FileSystemPart = { ...part('looked-at', 'looked-at'), type: 'ext3' };
    await expect(mountWithKernel(wrong, path('target'))).rejects.toThrow(/^mount: .*wrong fs type/);
    expect(isMounted()).toBe(false);
  });
});
