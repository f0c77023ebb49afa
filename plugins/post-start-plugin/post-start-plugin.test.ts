import { beforeAll, describe, expect, test } from 'vitest';
import { baseConfig, dispatcherOver } from '../../test/support/dispatch.js';
import { compileExample, installed } from '../../test/support/example-plugin.js';

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await compileExample('post-start-plugin');
});

const call = { id: 'c1', pid: 77, bundle: '/run/c1', config: baseConfig };

describe('post-start-plugin', () => {
  test('says what runs', async () => {
    const dispatcher = await dispatcherOver([installed(bytes)]);
    await dispatcher.postStart(call);
    expect(dispatcher.lines).toEqual(['info pid 77 runs /bin/true']);
  });

  test('accepts a container that has the required variable', async () => {
    const dispatcher = await dispatcherOver([installed(bytes, { settings: { requireEnv: 'PATH' } })]);
    await dispatcher.postStart(call);
  });

  test('stops one that lacks it, also when a name only begins alike', async () => {
    const dispatcher = await dispatcherOver([installed(bytes, { settings: { requireEnv: 'PAT' } })]);
    await expect(dispatcher.postStart(call)).rejects.toMatchObject({
      code: 'VETOED',
      message: expect.stringContaining('"the container has no variable PAT"'),
    });
  });
});
