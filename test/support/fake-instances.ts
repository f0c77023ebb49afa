/** Instances without a guest, for tests of who calls which when: each answers as the test says. */
import { PluginError } from '../../host/errors/index.js';
import type { InlinePoolParts } from '../../host/runtime/inline-pool.js';
import { InlinePool } from '../../host/runtime/inline-pool.js';
import { Ledger } from '../../host/runtime/ledger.js';
import { Quarantine } from '../../host/runtime/quarantine.js';
import { type PoolOptions, type QuarantineOptions, resolveRun } from '../../host/runtime/run-options.js';
import { ThreadPool } from '../../host/runtime/thread-pool.js';
import type { CallOptions, CallResult, ComponentInstance, ThreadInstance, Usage } from '../../host/sandbox/index.js';

const MIB = 1024 * 1024;

/** What a test decides about an instance, and sees of it. */
export interface FakeInstance extends ComponentInstance {
  failure: PluginError | undefined;
  closed: boolean;
  /** Of memory that it says to hold. */
  memoryMiB: number;
}

/** @param call - what its guest does; a PluginError that it throws ends it. */
export function fakeInstance(call: (self: FakeInstance, request: Uint8Array) => CallResult): FakeInstance {
  let calls = 0;
  const self: FakeInstance = {
    failure: undefined,
    closed: false,
    memoryMiB: 1,
    call(_hook, request) {
      calls++;
      try {
        return call(self, request);
      } catch (error) {
        self.failure = error as PluginError;
        throw error;
      }
    },
    usage: () => usageOf(self, 1),
    totalUsage: () => usageOf(self, calls),
    close() {
      self.closed = true;
    },
  };
  return self;
}

/** Each call asks the host for two things. */
function usageOf({ memoryMiB }: FakeInstance, calls: number): Usage {
  return { fuel: undefined, cpuMs: undefined, memoryBytes: memoryMiB * MIB, capabilityCalls: 2 * calls };
}

export const echo = (_self: FakeInstance, payload: Uint8Array): CallResult => ({ ok: true, payload });

/** A death as a guest has it. */
export const trap = (): PluginError => new PluginError('GUEST_TRAP', 'Cannot call it: the guest trapped, unreachable');

/** A pool with the shared parts around it. */
export interface TestPool<P> {
  readonly pool: P;
  readonly ledger: Ledger;
  readonly quarantine: Quarantine;
  /** Let time pass, as the pool sees it. */
  readonly pass: (ms: number) => void;
}

export interface TestPoolOptions {
  readonly pool?: PoolOptions;
  readonly quarantine?: QuarantineOptions;
}

/** @param make - the pool asks it for each instance. */
export function inlinePool(make: () => ComponentInstance, options: TestPoolOptions = {}): TestPool<InlinePool> {
  const { shared, ...rest } = sharedParts(options, 'inline');
  const parts: InlinePoolParts = {
    ...shared,
    timed: false,
    make: () => ({ instance: make(), startCall: () => {} }),
  };
  return { ...rest, pool: new InlinePool(parts) };
}

/** A thread whose calls and start the test settles by hand. */
export interface FakeThread extends ThreadInstance {
  failure: PluginError | undefined;
  /** Calls that run: settle them with `answer` or `fail`. */
  readonly running: FakeCall[];
  /** Whether its thread is gone already when it is closed; else `gone` says so. Default true. */
  lingers: boolean;
  readonly isClosed: boolean;
  gone(): void;
}

export interface FakeCall {
  readonly request: Uint8Array;
  readonly options: CallOptions | undefined;
  answer(payload?: Uint8Array): void;
  /** The guest dies of it, unless it only refuses the call. */
  fail(error: PluginError, dead?: boolean): void;
}

export function fakeThread(): FakeThread {
  let rejectRunning: (error: PluginError) => void = () => {};
  let gone = (): void => {};
  let isClosed = false;
  const running: FakeCall[] = [];
  return {
    failure: undefined,
    lingers: false,
    running,
    get isClosed() {
      return isClosed;
    },
    gone: () => gone(),
    usage: () => ({ fuel: undefined, cpuMs: 1, memoryBytes: MIB, capabilityCalls: 2 }),
    call(_hook, request, options) {
      return new Promise((resolve, reject) => {
        rejectRunning = reject;
        running.push({
          request,
          options,
          answer: (payload = request) => resolve({ ok: true, payload }),
          fail: (error, dead = true) => {
            this.failure = dead ? error : undefined;
            reject(error);
          },
        });
      });
    },
    async close() {
      isClosed = true;
      rejectRunning(new PluginError('PLUGIN_CLOSED', 'Cannot call it: the instance was closed'));
      if (this.lingers) {
        await new Promise<void>((resolve) => {
          gone = resolve;
        });
      }
    },
  };
}

/** @param make - the pool asks it for each thread. */
export function threadPool(
  make: (signal: AbortSignal) => Promise<ThreadInstance>,
  options: TestPoolOptions = {},
): TestPool<ThreadPool> {
  const { shared, ...rest } = sharedParts(options, 'thread');
  const pool = new ThreadPool({
    ...shared,
    make: async (signal) => ({ instance: await make(signal), startCall: () => {} }),
  });
  return { ...rest, pool };
}

function sharedParts(options: TestPoolOptions, isolation: 'inline' | 'thread') {
  const problems: string[] = [];
  const run = resolveRun([{ ...options, isolation }], problems);
  if (problems.length > 0) {
    throw new Error(problems.join('; '));
  }
  let time = 0;
  const now = (): number => time;
  const ledger = new Ledger({ fuel: false, wall: true });
  const quarantine = new Quarantine(run.quarantine, now);
  return {
    shared: { options: run.pool, ledger, quarantine, now },
    ledger,
    quarantine,
    pass: (ms: number): void => {
      time += ms;
    },
  };
}
