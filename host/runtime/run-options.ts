import type { Isolation } from '../sandbox/index.js';
import { type HostLimits, LIMITS, type ResolvedLimits, resolveLimits } from './limits.js';
import { type NumberOptions, numberOf, objectProblems } from './number-options.js';

/** How many instances of one plugin there are, and how long each lives. */
export interface PoolOptions {
  /** Calls that run at once, each in an instance of its own. Default 1; with `standby`, at most `limits.instances`. */
  readonly size?: number | undefined;
  /** A new instance for each call, so that no call finds what an earlier one left. Default false: instances are kept. */
  readonly fresh?: boolean | undefined;
  /** An instance is replaced after so many calls. Default: never. */
  readonly maxCalls?: number | undefined;
  /** An instance that is older takes no further call; a new one does. In whole milliseconds. Default: never. */
  readonly maxAgeMs?: number | undefined;
  /** An instance is replaced after a call that leaves it with more memory: memory never shrinks. In MiB. Default: never. */
  readonly maxMemoryMiB?: number | undefined;
  /** Calls that may wait for an instance. Default 1000; one more fails with `LIMIT_EXCEEDED`. */
  readonly maxQueued?: number | undefined;
  /**
   * Instances in threads that are made ahead, from the first call on, so that no caller waits for the start of a thread after a
   * death, a replacement, or with `fresh`. Default 0. Without effect inline, where an instance is made in less than a millisecond.
   */
  readonly standby?: number | undefined;
}

/** When a plugin that keeps dying is left alone. */
export interface QuarantineOptions {
  /**
   * Deaths in a row after which calls fail at once. Default 5. `Infinity` is a value like any other, for embedders who count
   * themselves: every instance still has its limits.
   */
  readonly crashes?: number | undefined;
  /** How long, in whole milliseconds, until one call is let through as a trial. Default 60,000. */
  readonly forMs?: number | undefined;
}

/** How plugins run: for all plugins of a host, and for each by itself, key by key, where it is loaded. */
export interface RunOptions {
  readonly limits?: HostLimits | undefined;
  /**
   * Where instances run. `inline`, the default: in the thread that calls, which costs about a microsecond for each call; while the guest
   * runs nothing else does. `thread`: each in a thread of its own; the event loop stays free, pools use several processors, and
   * capabilities may answer with a promise.
   */
  readonly isolation?: Isolation | undefined;
  readonly pool?: PoolOptions | undefined;
  readonly quarantine?: QuarantineOptions | undefined;
  /** Whether `totals()` adds up the time of inline calls, which costs each of them some 0.2 microseconds. Default false. */
  readonly ledger?: boolean | undefined;
}

/** The same with every default filled in. */
export interface ResolvedRun {
  readonly limits: ResolvedLimits;
  readonly isolation: Isolation;
  readonly pool: ResolvedPool;
  readonly quarantine: ResolvedQuarantine;
  readonly ledger: boolean;
}

/** What may wait and what is kept; a bound that is not set is Infinity. */
export interface ResolvedPool {
  readonly size: number;
  /** Live instances, those on standby included. */
  readonly instances: number;
  readonly maxCalls: number;
  readonly maxAgeMs: number;
  readonly maxMemoryBytes: number;
  readonly maxQueued: number;
  readonly standby: number;
}

export interface ResolvedQuarantine {
  readonly crashes: number;
  readonly forMs: number;
}

/** Keys of {@link RunOptions}. */
export const RUN_OPTIONS = ['limits', 'isolation', 'pool', 'quarantine', 'ledger'] as const;

const MIB = 1024 * 1024;
const MAX_INSTANCES = 1024;

const POOL: NumberOptions<Omit<PoolOptions, 'fresh'>> = {
  size: { default: 1, least: 1, most: MAX_INSTANCES },
  maxCalls: { default: undefined, least: 1, most: Number.MAX_SAFE_INTEGER },
  maxAgeMs: { default: undefined, least: 1, most: Number.MAX_SAFE_INTEGER },
  maxMemoryMiB: { default: undefined, most: 4096 },
  maxQueued: { default: 1000, least: 0, most: 1_000_000 },
  standby: { default: 0, least: 0, most: MAX_INSTANCES },
};

const QUARANTINE: NumberOptions<QuarantineOptions> = {
  crashes: { default: 5, least: 1, most: Number.POSITIVE_INFINITY },
  forMs: { default: 60_000, least: 1, most: Number.MAX_SAFE_INTEGER },
};

/** @returns every problem of what an embedder gave. */
export function runProblems({ limits, isolation, pool, quarantine, ledger }: RunOptions): string[] {
  const problems = [
    ...objectProblems({ name: 'limits', what: 'limit', given: limits, table: LIMITS }),
    ...objectProblems({ name: 'pool', what: 'option of pool', given: pool, table: POOL, more: ['fresh'] }),
    ...objectProblems({ name: 'quarantine', what: 'option of quarantine', given: quarantine, table: QUARANTINE }),
  ];
  if (isolation !== undefined && isolation !== 'inline' && isolation !== 'thread') {
    problems.push(`isolation must be 'inline' or 'thread', not ${JSON.stringify(isolation)}`);
  }
  for (const [name, flag] of [
    ['pool.fresh', pool?.fresh],
    ['ledger', ledger],
  ] as const) {
    if (flag !== undefined && typeof flag !== 'boolean') {
      problems.push(`${name} must be true or false, not ${JSON.stringify(flag)}`);
    }
  }
  return problems;
}

/** A copy that nobody else can change. */
export function copyRun({ limits, isolation, pool, quarantine, ledger }: RunOptions): RunOptions {
  return { limits: { ...limits }, isolation, pool: { ...pool }, quarantine: { ...quarantine }, ledger };
}

/**
 * Fill in the defaults of options that have no problem by themselves.
 *
 * @param given - that of a plugin before that of its host.
 * @param problems - gets what does not fit together.
 */
export function resolveRun(given: readonly RunOptions[], problems: string[]): ResolvedRun {
  const limits = resolveLimits(...given.map((options) => options.limits));
  const isolation = given.find((options) => options.isolation !== undefined)?.isolation ?? 'inline';
  const pool = resolvePool(
    given.map((options) => options.pool),
    isolation,
    limits.instances,
  );
  if (pool.size + pool.standby > limits.instances) {
    problems.push(
      `pool.size and pool.standby make ${pool.size + pool.standby} instances, limits.instances is ${limits.instances}`,
    );
  }
  const quarantines = given.map((options) => options.quarantine);
  return {
    limits,
    isolation,
    pool,
    quarantine: {
      crashes: numberOf(QUARANTINE, 'crashes', ...quarantines)!,
      forMs: numberOf(QUARANTINE, 'forMs', ...quarantines)!,
    },
    ledger: given.find((options) => options.ledger !== undefined)?.ledger ?? false,
  };
}

function resolvePool(
  given: readonly (PoolOptions | undefined)[],
  isolation: Isolation,
  instances: number,
): ResolvedPool {
  const bound = (key: 'maxCalls' | 'maxAgeMs' | 'maxMemoryMiB'): number =>
    numberOf(POOL, key, ...given) ?? Number.POSITIVE_INFINITY;
  const fresh = given.find((options) => options?.fresh !== undefined)?.fresh ?? false;
  return {
    size: numberOf(POOL, 'size', ...given)!,
    instances,
    maxCalls: fresh ? 1 : bound('maxCalls'),
    maxAgeMs: bound('maxAgeMs'),
    maxMemoryBytes: bound('maxMemoryMiB') * MIB,
    maxQueued: numberOf(POOL, 'maxQueued', ...given)!,
    standby: isolation === 'inline' ? 0 : numberOf(POOL, 'standby', ...given)!,
  };
}
