import type { PluginError } from '../errors/index.js';
import type { Usage } from '../sandbox/index.js';
import type { ResolvedPool } from './run-options.js';

/** What a pool needs of an instance, wherever it runs. */
export interface PooledInstance {
  usage(): Usage;
  readonly failure: PluginError | undefined;
}

/** An instance with what its host keeps for it alone. */
export interface Made<I extends PooledInstance> {
  readonly instance: I;
  /** Runs before every call: its log budget starts anew. */
  readonly startCall: () => void;
}

/** A place for one instance of a pool, and what is known of the one that is there. */
export class Slot<I extends PooledInstance> {
  made: Made<I> | undefined;
  #calls = 0;
  #since = 0;

  /** @param since - when it was made, on the pool's clock. */
  fill(made: Made<I>, since: number): void {
    this.made = made;
    this.#calls = 0;
    this.#since = since;
  }

  /** @returns what was there. */
  empty(): Made<I> | undefined {
    const { made } = this;
    this.made = undefined;
    return made;
  }

  /** After a call: whether the instance has served enough. */
  isWorn({ maxCalls, maxMemoryBytes }: ResolvedPool): boolean {
    this.#calls++;
    return (
      this.#calls >= maxCalls ||
      (maxMemoryBytes !== Number.POSITIVE_INFINITY && (this.made?.instance.usage().memoryBytes ?? 0) > maxMemoryBytes)
    );
  }

  /** Before a call: whether the instance has lived long enough. The clock is only looked at where an age is set. */
  isOld(maxAgeMs: number, now: () => number): boolean {
    return maxAgeMs !== Number.POSITIVE_INFINITY && now() - this.#since >= maxAgeMs;
  }
}
