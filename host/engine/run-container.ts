/**
 * The life of one container under the plugins' eyes: start, post-start, monitor, exit.
 *
 * The monitor never holds up the container: events are told one after the other beside it, ticks that come while a monitor is
 * still busy are dropped, and the exit event is always told, last.
 */
import type { Dispatcher, JsonObject, MonitorActions, MonitorEvent, MonitorSession } from '../dispatch/index.js';
import type { ContainerIo, ContainerSpec, Engine, ExitStatus, RunningContainer } from './engine.js';

export interface ContainerRun {
  readonly engine: Engine;
  readonly dispatcher: Pick<Dispatcher, 'postStart' | 'monitor'>;
  readonly spec: ContainerSpec;
  readonly io?: ContainerIo | undefined;
  /** Subscribe to signals that the container shall get, by name; returns how to unsubscribe. */
  readonly onSignal: (deliver: (signal: NodeJS.Signals) => void) => () => void;
  /** Called when it runs and no post-start plugin objects. */
  readonly onStarted?: ((container: RunningContainer) => void) | undefined;
  /** Milliseconds that only go forward. Default: `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/**
 * Run a container to its end.
 *
 * @returns how it ended; the exclusive monitor may have set another exit code.
 * @throws PluginError when the engine cannot start it, `VETOED` or another code when a post-start plugin refused or failed:
 *   the container is then gone already.
 */
export async function runContainer(run: ContainerRun): Promise<ExitStatus> {
  const { engine, dispatcher, spec, io, onSignal, now = () => performance.now() } = run;
  // First, because two exclusive monitors are a reason not to start at all.
  const session = dispatcher.monitor();
  const early = keepFirstSignal(onSignal);
  const container = await engine.start(spec, io).catch((error) => {
    early.stop();
    throw error;
  });
  const startedAt = now();
  const reporter = createReporter(session, container, spec.id, () => Math.round(now() - startedAt));
  const pass = (signal: NodeJS.Signals): void => {
    container.signal(signal);
    reporter.report({ event: 'signal', signal });
  };
  const unsubscribe = onSignal(pass);
  early.stop();
  try {
    if (early.kept !== undefined) pass(early.kept);
    const config = spec.config as unknown as JsonObject;
    await dispatcher.postStart({ id: spec.id, pid: container.pid, bundle: container.bundle, config });
    reporter.report({ event: 'started' });
    run.onStarted?.(container);
    const status = await container.exited;
    const { exitCode } = await reporter.finish(status);
    return exitCode === undefined ? status : { exitCode };
  } catch (error) {
    container.kill();
    throw error;
  } finally {
    unsubscribe();
    reporter.stop();
    await container.cleanup();
  }
}

/**
 * Keep the first signal of a start for the container: the command may run before its engine says so. After it the default action
 * is back, so that a start which takes too long can be ended with another.
 */
function keepFirstSignal(onSignal: ContainerRun['onSignal']): {
  readonly kept: NodeJS.Signals | undefined;
  stop(): void;
} {
  const early: { kept: NodeJS.Signals | undefined; stop(): void } = {
    kept: undefined,
    stop: onSignal((signal) => {
      if (signal === 'SIGWINCH' || early.kept !== undefined) return;
      early.kept = signal;
      early.stop();
    }),
  };
  return early;
}

/** Signals that wait for a busy monitor. More are passed on to the container all the same, and not told: its end has to wait for them. */
const MAX_WAITING = 16;

type Event = Pick<MonitorEvent, 'event' | 'signal'>;

export interface Reporter {
  /** Queue one event. */
  report(event: Event): void;
  /** Tell the exit after everything that is queued. */
  finish(status: Partial<ExitStatus>): Promise<MonitorActions>;
  stop(): void;
}

/** Tells the monitors of a container what happens to it, one event after the other. */
export function createReporter(
  session: MonitorSession,
  container: Pick<RunningContainer, 'pid' | 'signal' | 'stats'>,
  id: string,
  uptimeMs: () => number,
): Reporter {
  let queue: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function tell(event: Partial<MonitorEvent> & Event): Promise<MonitorActions> {
    const actions = await session.tell({ id, pid: container.pid, uptimeMs: uptimeMs(), ...event });
    if (!stopped && event.event !== 'exited') {
      if (actions.signal !== undefined) {
        container.signal(actions.signal);
      }
      schedule(actions.nextTickMs);
    }
    return actions;
  }

  /** The timer starts when the last tick was dealt with, so a slow monitor loses ticks instead of collecting them. */
  function schedule(nextTickMs: number | undefined): void {
    clearTimeout(timer);
    if (nextTickMs !== undefined) {
      timer = setTimeout(() => enqueue({ event: 'tick', stats: container.stats() }), nextTickMs);
      timer.unref();
    }
  }

  function enqueue(event: Partial<MonitorEvent> & Event): void {
    if (session.active && !stopped && waiting < MAX_WAITING) {
      waiting += 1;
      // What `tell` throws is a bug of ours; it surfaces in finish(), which awaits the same queue.
      queue = queue.then(() => {
        waiting -= 1;
        return tell(event);
      });
      queue.catch(() => undefined);
    }
  }

  return {
    report: enqueue,
    async finish({ exitCode, signal }) {
      // Before the wait, in which signals may come that nobody is there for any more.
      stopped = true;
      clearTimeout(timer);
      await queue;
      const how = signal === undefined ? (exitCode === undefined ? {} : { exitCode }) : { exitSignal: signal };
      return tell({ event: 'exited', stats: container.stats(), ...how });
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
