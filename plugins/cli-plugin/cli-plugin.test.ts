import { beforeAll, describe, expect, test } from 'vitest';
import type { PluginEntry } from '../../host/dispatch/index.js';
import { commandCall, dispatcherOver, type TestDispatcher } from '../../test/support/dispatch.js';
import { compileExample, installed } from '../../test/support/example-plugin.js';

let entry: PluginEntry;
let dispatcher: TestDispatcher;

beforeAll(async () => {
  entry = installed(await compileExample('cli-plugin'));
  dispatcher = await dispatcherOver([entry]);
});

describe('cli-plugin', () => {
  test('prints --test before the version', async () => {
    const call = commandCall('version', { flags: { test: 'hello' } });
    await dispatcher.before(call);
    expect(call.printed).toEqual(['stdout: test: hello\n']);
  });

  test('prints nothing without --test', async () => {
    const call = commandCall('version', { flags: { test: '' } });
    await dispatcher.before(call);
    expect(call.printed).toEqual([]);
  });

  test('vetoes run with --abort', async () => {
    await expect(dispatcher.before(commandCall('run', { flags: { abort: true } }))).rejects.toMatchObject({
      code: 'VETOED',
      message: 'Plugin "example.com/cli-plugin" refused command "run": "--abort was given"',
    });
    await dispatcher.before(commandCall('run', { flags: { abort: false } }));
  });

  test('is not asked about other commands', async () => {
    const call = commandCall('doctor', { flags: { test: 'hello', abort: true } });
    await dispatcher.before(call);
    expect(call.printed).toEqual([]);
  });

  test('test-cmd prints its arguments, and exits as told', async () => {
    const call = commandCall('test-cmd', { args: ['a', 'b c'], flags: { upper: true, code: 42 } });
    expect(await dispatcher.contributed(entry, call)).toMatchObject({ exitCode: 42, run: undefined });
    expect(call.printed).toEqual(['stdout: A\nB C\n']);
  });

  test('an exit code that no process has is an error that names the plugin', async () => {
    const call = commandCall('test-cmd', { flags: { code: 256 } });
    await expect(dispatcher.contributed(entry, call)).rejects.toMatchObject({
      code: 'ABI_MALFORMED',
      message: expect.stringContaining('"example.com/cli-plugin"'),
    });
  });
});
