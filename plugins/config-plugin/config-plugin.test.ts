import { beforeAll, describe, expect, test } from 'vitest';
import type { EngineConfigResult, PluginEntry } from '../../host/dispatch/index.js';
import { baseConfig, dispatcherOver, engine } from '../../test/support/dispatch.js';
import { compileExample, installed } from '../../test/support/example-plugin.js';

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await compileExample('config-plugin');
});

async function configured(entry: PluginEntry, flags: Record<string, number> = {}): Promise<EngineConfigResult> {
  const dispatcher = await dispatcherOver([entry]);
  return dispatcher.engineConfig({ config: baseConfig, engine, flagsOf: () => flags });
}

describe('config-plugin', () => {
  test('limits memory and binds a file, and the host knows who did it', async () => {
    const { config, changes } = await configured(installed(bytes));
    expect(config).toMatchObject({
      linux: { resources: { memory: { limit: 256 * 1024 * 1024 } } },
      mounts: [
        { destination: '/proc' },
        {
          destination: '/run/host/os-release',
          type: 'bind',
          source: '/etc/os-release',
          options: ['rbind', 'ro', 'nosuid', 'nodev', 'noexec'],
        },
      ],
      process: { env: ['PATH=/bin', 'MEMORY_LIMIT_MIB=256'] },
    });
    expect(changes.map(({ plugin, thing }) => `${plugin} ${thing}`).sort()).toEqual([
      'example.com/config-plugin /linux/resources/memory/limit',
      'example.com/config-plugin env[MEMORY_LIMIT_MIB]',
      'example.com/config-plugin mounts[/run/host/os-release]',
    ]);
    expect(baseConfig.mounts).toHaveLength(1);
  });

  test("takes the operator's settings, and the flag before them", async () => {
    const entry = installed(bytes, { settings: { memoryMiB: 64 } });
    expect((await configured(entry)).config).toMatchObject({ linux: { resources: { memory: { limit: 64 << 20 } } } });
    expect((await configured(entry, { 'memory-mib': 32 })).config).toMatchObject({
      linux: { resources: { memory: { limit: 32 << 20 } } },
    });
  });

  test('vetoes a limit of nothing', async () => {
    await expect(configured(installed(bytes), { 'memory-mib': 0 })).rejects.toMatchObject({ code: 'VETOED' });
  });

  for (const missing of ['config:mounts', 'config:resources', 'config:env']) {
    test(`can do nothing without ${missing}`, async () => {
      const entry = installed(bytes);
      const grants = entry.grants.filter((grant) => grant !== missing);
      await expect(configured({ ...entry, grants })).rejects.toMatchObject({
        code: 'CONFIG_DENIED',
        hint: expect.stringContaining(`--grant ${missing}`),
      });
    });
  }
});
