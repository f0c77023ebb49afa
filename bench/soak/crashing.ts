import { createHost, type Host, type Plugin, PluginError, provideRaw } from '../../host/index.js';
import { ASK, buildCrashing, CRASH, crashRequest, type Way } from '../support/crashing.js';
import { packGuest } from '../support/guests.js';
import { createLottery } from './lottery.js';
import type { Course, Part } from './part.js';
import { threadsFromNowOn } from './threads.js';

/** What becomes of each way: how often it is gone, and how it must end. */
interface Fate {
  readonly way: Way;
  /** As `outcome` where the same way ends differently. */
  readonly name?: string;
  readonly weight: number;
  /** Codes of the error; undefined for an answer. */
  readonly ends: readonly string[] | undefined;
  /** Of this call; the plugin's is so long that no honest call meets it, however busy the machine is. */
  readonly deadlineMs?: number;
  /** The caller gives up after so long. */
  readonly abortAfterMs?: number;
}

const LIMITS = { deadlineMs: 30_000, memoryMiB: 8, capabilityCalls: 500 };
/** Twice the longest deadline. */
const PENDING_MS = 2 * LIMITS.deadlineMs;
/** What an endless loop gets. */
const LOOP_MS = 20;
const MINUTE_MS = 60_000;

const FATES: readonly Fate[] = [
  { way: 'echo', weight: 30, ends: undefined },
  { way: 'trap', weight: 12, ends: ['GUEST_TRAP'] },
  { way: 'loop', weight: 8, ends: ['DEADLINE_EXCEEDED'], deadlineMs: LOOP_MS },
  { way: 'recurse', weight: 8, ends: ['GUEST_TRAP'] },
  { way: 'exit', weight: 8, ends: ['GUEST_EXIT'] },
  { way: 'hoard', weight: 5, ends: undefined },
  { way: 'huge', weight: 5, ends: ['GUEST_TRAP', 'LIMIT_EXCEEDED'] },
  { way: 'flood', weight: 5, ends: ['LIMIT_EXCEEDED'] },
  { way: 'ask', weight: 5, ends: undefined },
  { way: 'loop', name: 'loop, aborted', weight: 4, ends: ['CALL_ABORTED'], abortAfterMs: LOOP_MS / 4 },
];

/** Callers at once: more than there are threads, so that calls wait for an instance. */
const CALLERS = 4;
const THREADS = 2;
/** Of so many calls of one caller, one goes to the plugin that runs in this thread. */
const INLINE_EACH = 10;
/** Of so many calls, one finds its thread ended by somebody else, and one the plugin closed. */
const KILL_EACH = 40;
const CLOSE_EACH = 500;

/**
 * Plugins that crash, for so many minutes: in a pool of threads, and some in this thread. In between threads are ended from outside,
 * and the plugin is closed while calls run, and loaded again.
 */
export const crashing: Part = async (course) => {
  const packed = packGuest(await buildCrashing());
  const host = await createHost({
    capabilities: [provideRaw(ASK, (request) => request)],
    limits: LIMITS,
    quarantine: { crashes: Number.POSITIVE_INFINITY },
  });
  const inline = await host.load(packed);
  // Its watchdog's thread is made here, and is not among those that are ended: without it an inline loop would go on for ever. Node
  // tells of a new thread one turn later.
  await inline.callRaw(CRASH, crashRequest('echo', 0));
  await new Promise(setImmediate);
  const threads = threadsFromNowOn();
  const pool = await loadPool(host, packed);
  const state: State = { course, host, packed, inline, pool, threads, calls: 0 };
  const until = performance.now() + course.amount * MINUTE_MS;
  const callers = Array.from({ length: CALLERS }, (_, caller) => keepCalling(state, caller, until));
  await Promise.all(callers);
  threads.forget();
  await settled(host.close());
};

interface State {
  readonly course: Course;
  readonly host: Host;
  readonly packed: Uint8Array;
  readonly inline: Plugin;
  readonly threads: ReturnType<typeof threadsFromNowOn>;
  pool: Plugin;
  calls: number;
}

function loadPool(host: Host, packed: Uint8Array): Promise<Plugin> {
  return host.load(packed, { isolation: 'thread', pool: { size: THREADS, standby: 1, maxCalls: 50, maxMemoryMiB: 4 } });
}

async function keepCalling(state: State, caller: number, until: number): Promise<void> {
  const draw = createLottery(caller + 1, FATES);
  const { course } = state;
  for (let turn = 1; performance.now() < until && !course.stopped(); turn++) {
    const call = ++state.calls;
    await course.progress(1 - (until - performance.now()) / (course.amount * MINUTE_MS));
    if (call % CLOSE_EACH === 0) {
      await replacePool(state);
    } else if (call % KILL_EACH === 0) {
      course.count('thread ended from outside', state.threads.endOne() ? 1 : 0);
    }
    const isInline = turn % INLINE_EACH === 0;
    await callOnce(state, isInline ? state.inline : state.pool, isInline ? 'inline' : 'thread', draw(), call);
    if (isInline) {
      // What runs in this thread keeps all the others waiting.
      await new Promise(setImmediate);
    }
  }
}

/** Close the pool while others call it. */
async function replacePool(state: State): Promise<void> {
  const old = state.pool;
  state.pool = await loadPool(state.host, state.packed);
  await settled(old.close());
  state.course.count('plugin closed while it was called');
}

async function callOnce(
  { course }: State,
  plugin: Plugin,
  where: 'inline' | 'thread',
  fate: Fate,
  call: number,
): Promise<void> {
  const request = crashRequest(fate.way, call);
  // Nothing can give up while the guest has the thread: there the same call has a deadline instead.
  const aborts = where === 'thread' && fate.abortAfterMs !== undefined;
  const ends = fate.abortAfterMs !== undefined && !aborts ? ['DEADLINE_EXCEEDED'] : fate.ends;
  const name = `${where}: ${fate.name ?? fate.way}`;
  const given = new AbortController();
  const timer = aborts ? setTimeout(() => given.abort(), fate.abortAfterMs) : undefined;
  const deadlineMs = aborts ? undefined : (fate.deadlineMs ?? fate.abortAfterMs);
  try {
    const answer = await settled(plugin.callRaw(CRASH, request, { signal: given.signal, deadlineMs }));
    if (ends === undefined && Buffer.compare(answer, request) === 0) {
      course.count(`${name}, answered`);
    } else {
      course.fail(`${name}: call ${call} answered ${answer.byteLength} bytes`);
    }
  } catch (error) {
    judge(course, name, where, ends, error);
  } finally {
    clearTimeout(timer);
  }
}

/** What a promise becomes; an error once it has been pending for so long that it will be for ever. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it is pending after ${PENDING_MS} ms`)), PENDING_MS);
  });
  try {
    return await Promise.race([promise, never]);
  } finally {
    clearTimeout(timer);
  }
}

/** Codes that a call in a thread may end with through what others did meanwhile. */
const FROM_OUTSIDE: ReadonlySet<string> = new Set(['THREAD_FAILED', 'PLUGIN_CLOSED']);

function judge(
  course: Course,
  name: string,
  where: 'inline' | 'thread',
  ends: readonly string[] | undefined,
  error: unknown,
): void {
  const code = error instanceof PluginError ? error.code : '';
  if (ends?.includes(code) === true || (where === 'thread' && FROM_OUTSIDE.has(code))) {
    course.count(`${name}, ${code}`);
  } else {
    course.fail(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}
