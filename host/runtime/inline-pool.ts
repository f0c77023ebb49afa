/**
 * Instances that run in the thread which calls them.
 *
 * While one of them works nothing else does, so a call finds all of them busy only from inside: a capability's handler calls the
 * plugin that it serves.
 */
import { PluginError } from '../errors/index.js';
import type { CallOptions, CallResult, ComponentInstance } from '../sandbox/index.js';
import { CallBook } from './call-book.js';
import { CallQueue, closed, type PendingCall, type Report } from './call-queue.js';
import { cpuMs, wallMs } from './clock.js';
import type { InstancePool, PoolParts } from './instance-pool.js';
import { type Made, Slot } from './slot.js';

export interface InlinePoolParts extends PoolParts {
  readonly make: () => Made<ComponentInstance>;
  /** Whether the ledger wants to know how long every call takes. */
  readonly timed: boolean;
}

type InlineSlot = Slot<ComponentInstance>;

export class InlinePool implements InstancePool {
  readonly #parts: InlinePoolParts;
  readonly #queue: CallQueue;
  readonly #book: CallBook;
  /** Last used on top, empty ones at the bottom: as long as few instances are enough, few do the work. */
  readonly #idle: InlineSlot[];
  #closed = false;
  #draining = false;

  constructor(parts: InlinePoolParts) {
    this.#parts = parts;
    this.#queue = new CallQueue(parts.options.maxQueued);
    this.#book = new CallBook(parts.ledger, parts.quarantine, this.#queue);
    this.#idle = Array.from({ length: parts.options.size }, () => new Slot());
  }

  get isFree(): boolean {
    // Nobody overtakes those who wait, but for callers who cannot.
    return this.#queue.size === 0 && this.#idle.length > 0;
  }

  async call(hook: string, request: Uint8Array, options?: CallOptions, report?: Report): Promise<CallResult> {
    if (this.isFree) {
      return this.callSync(hook, request, options, report);
    }
    const trial = this.#book.admit(hook, options);
    const call: PendingCall = { hook, request, options, report, trial };
    return this.#queue.wait(call, 0, () => this.#parts.quarantine.undecided(trial));
  }

  callSync(hook: string, request: Uint8Array, options?: CallOptions, report?: Report): CallResult {
    if (this.#idle.length === 0) {
      throw busy(hook, this.#parts.options.size);
    }
    return this.#serve(hook, request, options, report, this.#book.admit(hook, options));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.failAll(({ hook }) => closed(hook));
    const failures = this.#idle.flatMap((slot) => {
      try {
        this.#end(slot);
        return [];
      } catch (error) {
        return [error];
      }
    });
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  /** Run a call in an instance that is free, of which there must be one. */
  #serve(
    hook: string,
    request: Uint8Array,
    options: CallOptions | undefined,
    report: Report | undefined,
    trial: boolean,
  ): CallResult {
    const slot = this.#idle.pop()!;
    let instance: ComponentInstance | undefined;
    this.#book.begin(request);
    try {
      const made = this.#ready(slot);
      instance = made.instance;
      made.startCall();
      const result =
        this.#parts.timed || report !== undefined
          ? this.#timed(instance, hook, request, options, report)
          : instance.call(hook, request, options);
      this.#book.answered(result);
      if (slot.isWorn(this.#parts.options)) {
        this.#drop(slot);
      }
      return result;
    } catch (error) {
      if (this.#book.failed(instance, error, trial)) {
        // A dead instance is never used again: whatever state the guest left half done dies with it.
        this.#drop(slot);
      }
      throw error;
    } finally {
      this.#release(slot);
    }
  }

  #ready(slot: InlineSlot): Made<ComponentInstance> {
    const { options, ledger, make, now } = this.#parts;
    if (slot.made !== undefined && !slot.isOld(options.maxAgeMs, now)) {
      return slot.made;
    }
    this.#drop(slot);
    const made = make();
    ledger.instances++;
    ledger.watch(made.instance);
    slot.fill(made, now());
    return made;
  }

  #timed(
    instance: ComponentInstance,
    hook: string,
    request: Uint8Array,
    options: CallOptions | undefined,
    report: Report | undefined,
  ): CallResult {
    const cpuBefore = report === undefined ? 0 : cpuMs();
    const start = wallMs();
    let took = 0;
    let result: CallResult;
    try {
      result = instance.call(hook, request, options);
    } finally {
      took = wallMs() - start;
      this.#parts.ledger.took(took);
    }
    if (report !== undefined) {
      report.usage = {
        ...instance.usage(),
        wallMs: took,
        cpuMs: cpuMs() - cpuBefore,
        requestBytes: request.length,
        responseBytes: result.payload.length,
      };
    }
    return result;
  }

  #release(slot: InlineSlot): void {
    if (this.#closed) {
      this.#drop(slot);
      return;
    }
    if (slot.made === undefined) {
      this.#idle.unshift(slot);
    } else {
      this.#idle.push(slot);
    }
    if (this.#queue.size > 0 && !this.#draining) {
      this.#draining = true;
      // Not here: the caller who has just been served is not to wait for the others.
      queueMicrotask(() => this.#drain());
    }
  }

  /** End the instance that is there. @throws what the sink of its output lines does. */
  #end(slot: InlineSlot): void {
    const made = slot.empty();
    if (made !== undefined) {
      this.#parts.ledger.unwatch(made.instance);
      made.instance.close();
    }
  }

  /** The same where its answer, or the reason of its death, is told already: a failing sink has nothing to add to that. */
  #drop(slot: InlineSlot): void {
    try {
      this.#end(slot);
    } catch {
      // See above.
    }
  }

  #drain(): void {
    this.#draining = false;
    while (this.#queue.size > 0 && this.#idle.length > 0) {
      this.#queue.serveFirst(({ hook, request, options, report, trial }) =>
        this.#serve(hook, request, options, report, trial),
      );
    }
  }
}

function busy(hook: string, size: number): PluginError {
  const which = size === 1 ? 'its instance is' : `all its ${size} instances are`;
  return new PluginError('PLUGIN_BUSY', `Cannot call ${hook}: ${which} serving another call`, {
    hint: 'Use call, which waits, call it after the running call has returned, or give its pool a larger size.',
    details: { hook },
  });
}
