import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdMapping, UserMappingCall } from '../../host/dispatch/index.js';
import { packPlugin, readPackage } from '../../host/package/index.js';
import { dispatcherOver } from '../../test/support/dispatch.js';
import { compileExample, installed } from '../../test/support/example-plugin.js';

let bytes: Uint8Array;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-site-'));
  const { component, manifest } = readPackage(await compileExample('site-user-mapping'));
  // The same plugin for a folder that a test may write to.
  bytes = packPlugin({ component, manifest: { ...manifest, requests: [`fs:${folder}:ro`] } });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ada: UserMappingCall = {
  file: '/etc/subuid',
  user: { uid: 1000, gid: 100, name: 'ada' },
  ranges: [{ hostId: 100_000, size: 1000 }],
};

async function mapped(text: string, call: Partial<UserMappingCall> = {}): Promise<IdMapping[] | undefined> {
  writeFileSync(join(folder, 'users'), text);
  writeFileSync(join(folder, 'groups'), '1000:100500:1\n');
  const settings = { users: join(folder, 'users'), groups: join(folder, 'groups') };
  const dispatcher = await dispatcherOver([installed(bytes, { settings })]);
  try {
    return await dispatcher.userMapping({ ...ada, ...call });
  } finally {
    await dispatcher.close();
  }
}

describe('site-user-mapping', () => {
  test('maps the lines of a user one after the other, by name and by number', async () => {
    const text = '# the site\nbob:1:5\nada:100000:10 # hers\n\n1000:100100:5\n10000:7:7\n';
    expect(await mapped(text)).toEqual([
      { containerId: 1, hostId: 100_000, size: 10 },
      { containerId: 11, hostId: 100_100, size: 5 },
    ]);
  });

  test('has another file for groups', async () => {
    expect(await mapped('', { file: '/etc/subgid' })).toEqual([{ containerId: 1, hostId: 100_500, size: 1 }]);
  });

  test('a user without a name is found by number only', async () => {
    const user = { uid: 1000, gid: 100, name: '' };
    expect(await mapped(':1:1\n1000:100000:1\n', { user })).toEqual([{ containerId: 1, hostId: 100_000, size: 1 }]);
  });

  const refused = [
    {
      name: 'a user without a line',
      text: 'bob:1:5\n',
      want: { code: 'GUEST_ERROR', message: /There is no line for ada/ },
    },
    {
      name: 'a line without a count',
      text: 'ada:100000\n',
      want: { code: 'GUEST_ERROR', message: /line 1 is not NAME:FIRST:COUNT/ },
    },
    {
      name: 'a count of nothing',
      text: 'bob:1:1\nada:100000:0\n',
      want: { code: 'GUEST_ERROR', message: /line 2 is not/ },
    },
    { name: 'a number with a sign', text: 'ada:-5:1\n', want: { code: 'GUEST_ERROR', message: /line 1 is not/ } },
    {
      name: 'a range that is not hers',
      text: 'ada:100999:2\n',
      want: { code: 'CONFIG_DENIED', message: /1 100999 2 is not within/ },
    },
  ];
  for (const { name, text, want } of refused) {
    test(`refuses ${name}`, () =>
      expect(mapped(text)).rejects.toMatchObject({ code: want.code, message: expect.stringMatching(want.message) }));
  }

  test('says why where the folder is not granted', async () => {
    const settings = { users: join(folder, 'users'), groups: join(folder, 'groups') };
    const dispatcher = await dispatcherOver([installed(bytes, { settings, grants: [] })]);
    await expect(dispatcher.userMapping(ada)).rejects.toMatchObject({
      code: 'GUEST_ERROR',
      message: expect.stringContaining('was not granted'),
      hint: 'Is its folder granted, and the file there?',
    });
  });
});
