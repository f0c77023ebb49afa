/** The hook user-mapping: at most one plugin, and its failure is never tolerated. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PluginEntry, UserMappingCall } from '../../host/dispatch/index.js';
import { packPlugin, readPackage } from '../../host/package/index.js';
import { dispatcherOver } from '../support/dispatch.js';
import { compileFolder, installed } from '../support/example-plugin.js';

let compiled: ReturnType<typeof readPackage>;

beforeAll(async () => {
  compiled = readPackage(await compileFolder(fileURLToPath(new URL('../programs/as-driver', import.meta.url))));
});

const call: UserMappingCall = {
  file: '/etc/subgid',
  user: { uid: 1000, gid: 100, name: 'ada' },
  ranges: [{ hostId: 100_000, size: 65_536 }],
};

function mapper(name: string, mappings: string, options: { optional?: boolean; do?: string } = {}): PluginEntry {
  const bytes = packPlugin({ component: compiled.component, manifest: { ...compiled.manifest, name } });
  const { optional = false, do: wish = '' } = options;
  return installed(bytes, { optional, settings: { do: wish, mappings } });
}

describe('user-mapping', () => {
  test('nobody maps', async () => {
    expect(await (await dispatcherOver([])).userMapping(call)).toBeUndefined();
  });

  test('the answer, by id inside; the plugin knows file, user and ranges', async () => {
    const dispatcher = await dispatcherOver([mapper('a', '11:100010:5 1:100000:10')]);
    expect(await dispatcher.userMapping(call)).toEqual([
      { containerId: 1, hostId: 100_000, size: 10 },
      { containerId: 11, hostId: 100_010, size: 5 },
    ]);
    expect(dispatcher.lines).toEqual(['info /etc/subgid ada 1']);
  });

  test('two are a conflict that names both', async () => {
    const dispatcher = await dispatcherOver([mapper('b', ''), mapper('a', '')]);
    await expect(dispatcher.userMapping(call)).rejects.toMatchObject({
      code: 'CONFIG_CONFLICT',
      message: 'Plugins "a" and "b" both want to map the ids of users',
    });
    expect(dispatcher.lines).toEqual([]);
  });

  const refused = [
    { name: 'a failure', mappings: '', wish: 'fail', code: 'GUEST_ERROR' },
    { name: 'no answer', mappings: '', wish: '', code: 'ABI_MALFORMED' },
    { name: "somebody else's ids", mappings: '1:200000:1', wish: '', code: 'CONFIG_DENIED' },
  ];
  for (const { name, mappings, wish, code } of refused) {
    test(`${name} refuses, also of an optional plugin, and names it`, async () => {
      const dispatcher = await dispatcherOver([mapper('a', mappings, { optional: true, do: wish })]);
      await expect(dispatcher.userMapping(call)).rejects.toMatchObject({
        code,
        message: expect.stringContaining('"a"'),
      });
    });
  }
});
