import { beforeAll, describe, expect, test } from 'vitest';
import { dispatcherOver } from '../../test/support/dispatch.js';
import { compileExample, installed } from '../../test/support/example-plugin.js';

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await compileExample('monitor-plugin');
});

const event = { id: 'c1', pid: 77, uptimeMs: 5 };

describe('monitor-plugin', () => {
  test('follows a container from start to exit', async () => {
    const dispatcher = await dispatcherOver([installed(bytes, { settings: { tickMs: 250 } })]);
    const session = dispatcher.monitor();
    expect(await session.tell({ ...event, event: 'started' })).toMatchObject({ nextTickMs: 250 });
    await session.tell({ ...event, event: 'tick', stats: { memoryBytes: 10240 } });
    await session.tell({ ...event, event: 'signal', signal: 'SIGTERM' });
    expect(await session.tell({ ...event, event: 'exited', exitSignal: 'SIGTERM' })).toMatchObject({
      exitCode: undefined,
    });
    expect(dispatcher.lines).toEqual([
      'info started, pid 77',
      'info alive for 5 ms, 10 KiB',
      'info gets SIGTERM',
      'info exited by SIGTERM after 1 ticks',
    ]);
  });

  const exits = [
    { name: 'a failure with the setting', settings: { failAs: 9 }, exitCode: 3, want: 9 },
    { name: 'a failure without the setting', settings: {}, exitCode: 3, want: undefined },
    { name: 'a success with the setting', settings: { failAs: 9 }, exitCode: 0, want: undefined },
  ];
  for (const { name, settings, exitCode, want } of exits) {
    test(`answers ${String(want)} to ${name}`, async () => {
      const dispatcher = await dispatcherOver([installed(bytes, { settings })]);
      expect((await dispatcher.monitor().tell({ ...event, event: 'exited', exitCode })).exitCode).toBe(want);
    });
  }

  test('does not share the container with another exclusive monitor', async () => {
    const one = installed(bytes);
    const dispatcher = await dispatcherOver([one, { ...one, name: 'example.com/other' }]);
    expect(() => dispatcher.monitor()).toThrow(/"example.com\/monitor-plugin" and "example.com\/other"/);
  });
});
