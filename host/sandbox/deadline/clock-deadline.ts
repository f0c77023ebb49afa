/** Deadlines by the clock, for a V8 without multi-memory: rewritten code calls `tick` now and then, which asks here. */
import { PluginError } from '../../errors/index.js';
import { type Deadline, MAX_NESTED_CALLS } from './deadline.js';

const NOT_SEEN = -1;

export class ClockDeadline implements Deadline {
  readonly epoch = undefined;
  readonly #now: () => number;
  readonly #milliseconds = new Float64Array(MAX_NESTED_CALLS);
  /** When each call was first asked about: a call that ends before the first tick needs no clock at all. */
  readonly #since = new Float64Array(MAX_NESTED_CALLS);
  #depth = 0;

  /** @param now - milliseconds since any fixed point; never decreases. */
  constructor(now: () => number) {
    this.#now = now;
  }

  enter(ms: number): void {
    const depth = this.#depth;
    if (depth >= MAX_NESTED_CALLS) {
      throw new PluginError(
        'LIMIT_EXCEEDED',
        `Cannot start a call inside ${depth} others: the limit is ${MAX_NESTED_CALLS}`,
      );
    }
    this.#milliseconds[depth] = ms;
    this.#since[depth] = NOT_SEEN;
    this.#depth = depth + 1;
  }

  leave(): void {
    this.#depth--;
  }

  expired(): number | undefined {
    const now = this.#now();
    for (let depth = 0; depth < this.#depth; depth++) {
      const since = this.#since[depth]!;
      if (since === NOT_SEEN) {
        this.#since[depth] = now;
      } else if (now - since >= this.#milliseconds[depth]!) {
        return this.#milliseconds[depth];
      }
    }
    return undefined;
  }

  sleep(ms: number): void {
    const now = this.#now();
    let left = ms;
    for (let depth = 0; depth < this.#depth; depth++) {
      const since = this.#since[depth]!;
      left = Math.min(left, this.#milliseconds[depth]! - (since === NOT_SEEN ? 0 : now - since));
    }
    // Nobody wakes it: waiting is how a thread sleeps without a callback.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, Math.max(0, left));
  }
}
