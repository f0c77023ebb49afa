/**
 * Instances in threads of their own: calls run at the same time, and an instance takes tens of milliseconds to start.
 *
 * A call never owns the start that it waits for. It stands in line, as many instances are started as the line needs, and whichever is
 * ready serves whoever is first; so giving up, closing and dying while a thread starts is the same as while waiting.
 */
import type { CallOptions, CallResult, ThreadInstance } from '../sandbox/index.js';
import { CallBook } from './call-book.js';
import { CallQueue, closed, expectListeners, type PendingCall, type Report } from './call-queue.js';
import { wallMs } from './clock.js';
import type { InstancePool, PoolParts } from './instance-pool.js';
import { type Made, Slot } from './slot.js';

export interface ThreadPoolParts extends PoolParts {
  /** @param signal - nobody wants it any more. */
  readonly make: (signal: AbortSignal) => Promise<Made<ThreadInstance>>;
}

type ThreadSlot = Slot<ThreadInstance>;

export class ThreadPool implements InstancePool {
  readonly #parts: ThreadPoolParts;
  readonly #queue: CallQueue;
  readonly #book: CallBook;
  /** Ready to serve, last used on top: as long as few instances are enough, few do the work. */
  readonly #idle: ThreadSlot[] = [];
  readonly #busy = new Set<ThreadSlot>();
  readonly #starts = new Set<Promise<void>>();
  readonly #ends = new Set<Promise<void>>();
  /** Instances that may still be made. One that is ending counts until its thread is gone. */
  #room: number;
  /** Instances to have ready beyond those in use: none before the first call, nor after one could not be made until the next. */
  #standby = 0;
  /** Aborted when the pool is closed. */
  readonly #closing = new AbortController();
  #endFailures: unknown[] = [];

  constructor(parts: ThreadPoolParts) {
    const { size, standby, maxQueued } = parts.options;
    this.#parts = parts;
    this.#queue = new CallQueue(maxQueued);
    this.#book = new CallBook(parts.ledger, parts.quarantine, this.#queue);
    this.#room = size + standby;
  }

  get isFree(): boolean {
    return false;
  }

  async call(hook: string, request: Uint8Array, options?: CallOptions, report?: Report): Promise<CallResult> {
    const trial = this.#book.admit(hook, options);
    const call: PendingCall = { hook, request, options, report, trial };
    this.#standby = this.#parts.options.standby;
    const slot = this.#queue.size === 0 ? this.#takeIdle() : undefined;
    if (slot !== undefined) {
      const answer = this.#serve(slot, call);
      this.#pump();
      return answer;
    }
    const answer = this.#queue.wait(call, this.#expected(), () => this.#parts.quarantine.undecided(trial));
    this.#pump();
    return answer;
  }

  callSync(hook: string): CallResult {
    throw new TypeError(
      `Cannot call ${hook} without a promise: its instances have threads of their own; use call or callRaw, or load the plugin with isolation: 'inline'`,
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#queue.failAll(({ hook }) => closed(hook));
    for (const slot of [...this.#idle, ...this.#busy]) {
      this.#end(slot);
    }
    this.#idle.length = 0;
    await Promise.all(this.#starts);
    await Promise.all(this.#ends);
    if (this.#endFailures.length > 0) {
      throw this.#endFailures[0];
    }
  }

  /** Calls that may stand in line because an instance is as good as there. */
  #expected(): number {
    const free = this.#parts.options.size - this.#busy.size;
    return Math.min(free, this.#room + this.#starts.size + this.#ends.size);
  }

  /** Serve those in line as far as instances are ready, and start what is missing. */
  #pump(): void {
    if (this.#closing.signal.aborted) {
      return;
    }
    for (let slot = this.#takeNext(); slot !== undefined; slot = this.#takeNext()) {
      const free = slot;
      this.#queue.serveFirst((call) => this.#serve(free, call));
    }
    const { quarantine, options } = this.#parts;
    const wanted =
      Math.min(this.#queue.size, options.size - this.#busy.size) + (quarantine.tripped ? 0 : this.#standby);
    for (let ready = this.#idle.length + this.#starts.size; ready < wanted && this.#room > 0; ready++) {
      this.#start();
    }
  }

  #takeNext(): ThreadSlot | undefined {
    return this.#queue.size > 0 ? this.#takeIdle() : undefined;
  }

  /** An instance that may serve now. Its caller makes it busy. */
  #takeIdle(): ThreadSlot | undefined {
    const { options, ledger, now } = this.#parts;
    while (this.#busy.size < options.size) {
      const slot = this.#idle.pop();
      const failure = slot?.made?.instance.failure;
      if (slot === undefined || (failure === undefined && !slot.isOld(options.maxAgeMs, now))) {
        return slot;
      }
      // A thread can end while nobody calls it. That is nobody's failure, but a death.
      ledger.deaths += failure === undefined ? 0 : 1;
      this.#end(slot);
    }
    return undefined;
  }

  async #serve(slot: ThreadSlot, { hook, request, options, report, trial }: PendingCall): Promise<CallResult> {
    const { instance, startCall } = slot.made!;
    expectListeners(options?.signal);
    this.#busy.add(slot);
    this.#book.begin(request);
    const start = wallMs();
    try {
      startCall();
      const result = await instance.call(hook, request, options);
      const took = wallMs() - start;
      this.#parts.ledger.took(took);
      this.#parts.ledger.used(instance.usage());
      this.#book.answered(result);
      if (report !== undefined) {
        const bytes = { requestBytes: request.length, responseBytes: result.payload.length };
        report.usage = { ...instance.usage(), wallMs: took, ...bytes };
      }
      if (slot.isWorn(this.#parts.options)) {
        this.#end(slot);
      }
      return result;
    } catch (error) {
      this.#parts.ledger.took(wallMs() - start);
      if (this.#book.failed(instance, error, trial)) {
        this.#parts.ledger.used(instance.usage());
        this.#end(slot);
      }
      throw error;
    } finally {
      this.#release(slot);
    }
  }

  #release(slot: ThreadSlot): void {
    this.#busy.delete(slot);
    if (slot.made !== undefined) {
      this.#idle.push(slot);
    }
    this.#pump();
  }

  #start(): void {
    this.#room--;
    const start = this.#startOne().finally(() => {
      this.#starts.delete(start);
      this.#pump();
    });
    this.#starts.add(start);
  }

  async #startOne(): Promise<void> {
    const { make, ledger, now } = this.#parts;
    try {
      const slot: ThreadSlot = new Slot();
      const made = await make(this.#closing.signal);
      slot.fill(made, now());
      ledger.instances++;
      ledger.used(made.instance.usage());
      // Below those that have served: they are the warm ones.
      this.#idle.unshift(slot);
      if (this.#closing.signal.aborted) {
        this.#end(slot);
      }
    } catch (error) {
      this.#room++;
      this.#startFailed(error);
    }
  }

  #startFailed(error: unknown): void {
    const { options, ledger } = this.#parts;
    if (this.#closing.signal.aborted) {
      return;
    }
    const first = this.#busy.size < options.size ? this.#queue.failFirst(error) : undefined;
    if (first === undefined) {
      // Nobody waited for it: whoever calls next tries again, and is told what is wrong.
      ledger.deaths++;
      this.#standby = 0;
      return;
    }
    this.#book.begin(first.request);
    this.#book.failed(undefined, error, first.trial);
  }

  /** End the instance that is there; its place is free once its thread is gone. */
  #end(slot: ThreadSlot): void {
    const made = slot.empty();
    if (made === undefined) {
      return;
    }
    const end = made.instance
      .close()
      // The answers that it gave are there already; only whoever closes the plugin is told.
      .catch((error: unknown) => this.#endFailures.push(error))
      .then(() => {
        this.#ends.delete(end);
        this.#room++;
        this.#pump();
      });
    this.#ends.add(end);
  }
}
