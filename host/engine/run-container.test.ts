/** What monitors are told, and when, however long they take; that real containers do not wait is test/e2e/slow-monitor.test.ts. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MonitorActions, MonitorEvent, MonitorSession } from '../dispatch/index.js';
import { createReporter } from './run-container.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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
  await vi.advanceTimersByTimeAsync(500);
  const finished = reporter.finish({ exitCode: 3 });
  await vi.advanceTimersByTimeAsync(200);
  expect(await finished).toMatchObject({ exitCode: 9 });
  await vi.advanceTimersByTimeAsync(100);
  // From 20 to 220, from 240 to 440, and from 460 on.
  expect(told).toEqual(['started', 'tick', 'tick', 'tick', 'exited']);
});

test('the exit is told last, also where a signal comes while a monitor is busy and the container has ended', async () => {
  const { told, session } = slowMonitor((event) => (event === 'signal' ? 100 : 0));
  const reporter = createReporter(session, container, 'c', () => 0);
  reporter.report({ event: 'signal', signal: 'SIGTERM' });
  await vi.advanceTimersByTimeAsync(20);
  const finished = reporter.finish({ exitCode: 3 });
  reporter.report({ event: 'signal', signal: 'SIGINT' });
  await vi.advanceTimersByTimeAsync(100);
  await finished;
  await vi.advanceTimersByTimeAsync(150);
  expect(told).toEqual(['signal', 'exited']);
});

test('of very many signals a busy monitor hears the first, and the exit', async () => {
  const { told, session } = slowMonitor(() => 10);
  const reporter = createReporter(session, container, 'c', () => 0);
  for (let i = 0; i < 1000; i++) reporter.report({ event: 'signal', signal: 'SIGUSR1' });
  const finished = reporter.finish({ exitCode: 3 });
  await vi.advanceTimersByTimeAsync(1000);
  expect(await finished).toMatchObject({ exitCode: 9 });
  expect(told).toEqual([...Array<string>(16).fill('signal'), 'exited']);
});
