import { describe, expect, test } from 'vitest';
import { makeConfig } from './index.js';

const good = makeConfig({ rootfs: '/image', command: ['true'] });

describe('makeConfig()', () => {
  test('makes a closed container by default', () => {
    expect(good.process).toMatchObject({ noNewPrivileges: true, capabilities: { bounding: [], ambient: [] } });
    expect(good.linux?.namespaces?.map(({ type }) => type)).toEqual(['mount', 'pid', 'uts', 'ipc']);
  });

  test('shares nothing between two configs, since plugins edit them', () => {
    const [a, b] = [0, 1].map(() => makeConfig({ rootfs: '/image', command: ['true'] }));
    expect(a).toEqual(b);
    expect(a?.mounts?.[0]).not.toBe(b?.mounts?.[0]);
    expect(a?.linux?.maskedPaths).not.toBe(b?.linux?.maskedPaths);
    expect(a?.process?.capabilities?.bounding).not.toBe(a?.process?.capabilities?.ambient);
  });

  test('adds what it is asked for', () => {
    const config = makeConfig({
      rootfs: '/image',
      command: ['true'],
      binds: [{ source: '/a', destination: '/b', readOnly: true }],
      env: new Map([['PATH', '/x']]),
      rootless: true,
      network: 'none',
    });
    expect(config.mounts?.at(-1)).toEqual({
      destination: '/b',
      type: 'bind',
      source: '/a',
      options: ['rbind', 'ro', 'nosuid', 'nodev', 'rprivate'],
    });
    expect(config.process?.env?.filter((entry) => entry.startsWith('PATH='))).toEqual(['PATH=/x']);
    expect(config.linux?.namespaces).toContainEqual({ type: 'user' });
    expect(config.linux?.namespaces).toContainEqual({ type: 'network' });
  });
});
