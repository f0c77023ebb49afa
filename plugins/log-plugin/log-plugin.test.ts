import { beforeAll, describe, expect, test } from 'vitest';
import type { PluginEntry } from '../../host/dispatch/index.js';
import { commandCall, dispatcherOver } from '../../test/support/dispatch.js';
import { compileExample, installed } from '../../test/support/example-plugin.js';

let entry: PluginEntry;

beforeAll(async () => {
  entry = installed(await compileExample('log-plugin'));
});

async function linesOf(plugin: PluginEntry, path: string, args: readonly string[]): Promise<string[]> {
  const dispatcher = await dispatcherOver([plugin], { SLURM_JOB_ID: '4711', SECRET: 'x' });
  await dispatcher.before(commandCall(path, { args }));
  return dispatcher.lines;
}

describe('log-plugin', () => {
  test('writes one line for each command, with the job', async () => {
    expect(await linesOf(entry, 'run', ['./rootfs', 'echo', 'hi'])).toEqual([
      'info UID=1000 USER="ada" GID=100 JOBID="4711" COMMAND="run" ARGS="./rootfs echo hi"',
    ]);
  });

  test('leaves the job empty where the variable was not granted', async () => {
    expect(await linesOf({ ...entry, grants: [] }, 'run', [])).toEqual([
      'info UID=1000 USER="ada" GID=100 JOBID="" COMMAND="run" ARGS=""',
    ]);
  });

  test('cannot be made to write a second line, or to end a value early', async () => {
    expect(await linesOf(entry, 'run', ['a"b\u001b[2J'])).toEqual([
      'info UID=1000 USER="ada" GID=100 JOBID="4711" COMMAND="run" ARGS="a\\"b\\u{1b}[2J"',
    ]);
  });
});
