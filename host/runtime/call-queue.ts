import { AsyncResource } from 'node:async_hooks';
import { defaultMaxListeners, getMaxListeners, setMaxListeners } from 'node:events';
import { PluginError } from '../errors/index.js';
import type { CallOptions, CallResult } from '../sandbox/index.js';
import type { CallUsage } from './ledger.js';

/** Where a pool puts what a call used, for a caller who wants to know. */
export interface Report {
  usage?: CallUsage;
}

/** One call of a hook, before it has an instance. */
export interface PendingCall {
  readonly hook: string;
  readonly request: Uint8Array;
  readonly options: CallOptions | undefined;
  readonly report: Report | undefined;
  /** It was let through a quarantine to see whether that can end. */
  readonly trial: boolean;
}

interface Waiting {
  readonly call: PendingCall;
  /** Its caller's: what an embedder keeps in an AsyncLocalStorage must not be that of whoever was served before. */
  readonly scope: AsyncResource;
  readonly settle: (answer: CallResult | Promise<CallResult>) => void;
  readonly fail: (error: unknown) => void;
}

/** Runs a call whose turn it is. What it throws or answers goes to who waits. */
export type Serve = (call: PendingCall) => CallResult | Promise<CallResult>;

/** Calls that wait for an instance, first come first served. Every one of them settles: served, given up, or failed. */
export class CallQueue {
  readonly #maxQueued: number;
  // Keeps its order, and lets go of any entry at once.
  readonly #waiting = new Set<Waiting>();

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Wait in line.
   *
   * @param call - its request is copied: nobody tells the caller that the bytes are still needed.
   * @param expected - instances on their way: calls that wait for those do not count.
   * @param leave - runs when the call leaves unserved, before anybody is told: nobody let it in, or its caller gave up.
   * @returns rejects with PluginError `LIMIT_EXCEEDED` when too many wait, `CALL_ABORTED` when the caller gives up.
   */
  wait(call: PendingCall, expected: number, leave: () => void): Promise<CallResult> {
    const { hook, options } = call;
    if (this.#waiting.size - expected >= this.#maxQueued) {
      leave();
      return Promise.reject(tooMany(hook, this.#maxQueued));
    }
    const signal = options?.signal;
    expectListeners(signal);
    return new Promise<CallResult>((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(waiting);
        leave();
        reject(aborted(hook));
      };
      const waiting: Waiting = {
        call: { ...call, request: call.request.slice() },
        scope: new AsyncResource('wasm-plugin waiting call'),
        settle(answer) {
          signal?.removeEventListener('abort', giveUp);
          resolve(answer);
        },
        fail(error) {
          signal?.removeEventListener('abort', giveUp);
          reject(error);
        },
      };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Serve the first in line. */
  serveFirst(serve: Serve): void {
    const first = this.#shift();
    if (first === undefined) {
      return;
    }
    try {
      first.settle(first.scope.runInAsyncScope(serve, undefined, first.call));
    } catch (error) {
      first.fail(error);
    }
  }

  /** @returns the first in line, whose turn ends with `error`. */
  failFirst(error: unknown): PendingCall | undefined {
    const first = this.#shift();
    first?.fail(error);
    return first?.call;
  }

  /** @param why - makes the error of each. */
  failAll(why: (call: PendingCall) => unknown): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const waiting of all) {
      waiting.fail(why(waiting.call));
    }
  }

  #shift(): Waiting | undefined {
    for (const first of this.#waiting) {
      this.#waiting.delete(first);
      return first;
    }
    return undefined;
  }
}

/**
 * Node warns of a leak at the eleventh listener, but one signal may well end hundreds of calls. Its own `fetch` does this too.
 *
 * @param signal - about to get a listener for one call.
 */
export function expectListeners(signal: AbortSignal | undefined): void {
  if (signal !== undefined && getMaxListeners(signal) === defaultMaxListeners) {
    setMaxListeners(Number.POSITIVE_INFINITY, signal);
  }
}

function tooMany(hook: string, limit: number): PluginError {
  return new PluginError(
    'LIMIT_EXCEEDED',
    `Cannot call ${hook}: ${limit} calls are waiting already, which is the limit`,
    {
      hint: 'Call it less often, or give its pool a larger size or maxQueued.',
      details: { hook, limit },
    },
  );
}

/** The plugin was closed before any instance took the call. */
export function closed(hook: string): PluginError {
  return new PluginError('PLUGIN_CLOSED', `Cannot call ${hook}: the plugin was closed`, { details: { hook } });
}

/** The caller gave up before any instance took the call, so none has died of it. */
export function aborted(hook: string): PluginError {
  return new PluginError('CALL_ABORTED', `Cannot call ${hook}: the caller gave up`, { details: { hook } });
}
