/** What monitors are told, and when, however long they take; that real containers do not wait is test/e2e/slow-monitor.test.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { MonitorActions, MonitorEvent, MonitorSession } from '../dispatch/index.js';
import { createReporter } from './run-container.js';

/** A monitor that takes its time for each event, and wants a tick every 20 ms. */
function slowMonitor(msFor: (event: MonitorEvent['event']) => number) {
  const told: string[] = [];
  let busy = 0;
  const session: MonitorSession = {
    active: true,
    async tell({ event }): Promise<MonitorActions> {
      busy += 1;
      told.push(busy === 1 ? event : `${event} while busy`);
      await sleep(msFor(event));
      busy -= 1;
      return { signal: undefined, exitCode: event === 'exited' ? 9 : undefined, nextTickMs: 20 };
    },
  };
  return { told, session };
}

const container = { pid: 1, signal: () => undefined, stats: () => ({}) };

test('a monitor whose ticks take longer than their interval loses ticks, not the exit', async () => {
  const { told, session } = slowMonitor((event) => (event === 'tick' ? 200 : 0));
  const reporter = createReporter(session, container, 'c', () => 0);
  reporter.report({ event: 'started' });
  await sleep(500);
  expect(await reporter.finish({ exitCode: 3 })).toMatchObject({ exitCode: 9 });
  await sleep(100);
  expect(told.slice(0, 2)).toEqual(['started', 'tick']);
  expect(told.length).toBeLessThanOrEqual(5);
  expect(told.filter((event) => event !== 'tick')).toEqual(['started', 'exited']);
  expect(told.at(-1)).toBe('exited');
});

test('the exit is told last, also where a signal comes while a monitor is busy and the container has ended', async () => {
  const { told, session } = slowMonitor((event) => (event === 'signal' ? 100 : 0));
  const reporter = createReporter(session, container, 'c', () => 0);
  reporter.report({ event: 'signal', signal: 'SIGTERM' });
  await sleep(20);
  const finished = reporter.finish({ exitCode: 3 });
  reporter.report({ event: 'signal', signal: 'SIGINT' });
  await finished;
  await sleep(150);
  expect(told).toEqual(['signal', 'exited']);
});
