/** What the interpreter's guests work with, and the ways in which they end. */
import type { Machine } from './machine.js';

/** A number, a function, a caught exception, or the null of these two. */
export type Value = number | bigint | FunctionReference | Exception | null;

export interface FunctionReference {
  readonly machine: Machine;
  readonly index: number;
}

/** Something that a guest throws; it passes through hosts as a JavaScript exception. */
export class Exception {
  readonly tag: number;
  readonly values: readonly Value[];

  constructor(tag: number, values: readonly Value[]) {
    this.tag = tag;
    this.values = values;
  }
}

/** The guest did what no guest may. */
export class Trap extends Error {}

/** The interpreter has done enough. */
export class OutOfSteps extends Error {}

/** A function of the host. */
export type HostFunction = (...args: Value[]) => readonly Value[];

/** What ran, of all machines that share it. */
export class Tally {
  steps = 0;
  /** Units since the last check, and the most that there ever were. */
  since = 0;
  most = 0;
  total = 0;
  checks = 0;
  /** Frames on the stack, and the most that there ever were. */
  depth = 0;
  deepest = 0;
  readonly #maxSteps: number;
  readonly #maxUnits: number;

  constructor(maxSteps: number, maxUnits = Number.POSITIVE_INFINITY) {
    this.#maxSteps = maxSteps;
    this.#maxUnits = maxUnits;
  }

  charge(units: number): void {
    this.total += units;
    this.since += units;
    this.most = Math.max(this.most, this.since);
    if (++this.steps > this.#maxSteps || this.total > this.#maxUnits) {
      throw new OutOfSteps();
    }
  }

  check(): void {
    this.checks++;
    this.since = 0;
  }

  enter(): void {
    this.depth++;
    this.deepest = Math.max(this.deepest, this.depth);
  }
}
