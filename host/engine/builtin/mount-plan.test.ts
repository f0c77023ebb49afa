import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OciConfig } from '../../oci/index.js';
import type { HostMount } from '../common/index.js';
import { planMounts } from './mount-plan.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-plan-'));
  for (const name of ['image', 'one/sub/dir', 'two/sub', 'run/root', 'run/upper', 'run/points', 'run/dev']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @returns the options of the last mount on a path of the container. */
function optionsOn(path: string, config: Pick<OciConfig, 'mounts' | 'linux'>, hostMounts: readonly HostMount[]) {
  const runDir = join(folder, 'run');
  const steps = planMounts({
    config: { ociVersion: '1.0.2', ...config },
    rootfs: join(folder, 'image'),
    runDir,
    hostMounts,
    userNamespace: false,
    onWarning: () => undefined,
  });
  return steps.flatMap(({ lines }) => lines).findLast(({ target }) => target === join(runDir, 'root', path))?.options;
}

describe('a path that is made read-only keeps what is forbidden there', () => {
  const bindOf = (name: string) => ({
    destination: '/data',
    type: 'bind',
    source: join(folder, name),
    options: ['rbind'],
  });
  const cases = [
    { name: 'by the host, of a mount inside of a bind', path: '/data/sub', mounts: () => [bindOf('one')] },
    { name: 'by the host, below such a mount', path: '/data/sub/dir', mounts: () => [bindOf('one')] },
    { name: 'by a bind that covers another', path: '/data/sub', mounts: () => [bindOf('two'), bindOf('one')] },
  ];
  for (const { name, path, mounts } of cases) {
    test(name, () => {
      const options = optionsOn(path, { mounts: mounts(), linux: { readonlyPaths: [path] } }, [
        { path: join(folder, 'one/sub'), flags: ['nosuid', 'nodev'] },
        { path: join(folder, 'two/sub'), flags: [] },
      ]);
      expect(options).toEqual(['bind', 'nosuid', 'nodev', 'ro']);
    });
  }
});
