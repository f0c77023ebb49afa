/**
 * Which code is charged where, when fuel is counted. No part of the argument for the placement of checks: they are the same ones
 * whether anything is counted or not.
 *
 * A stretch is all code that runs whenever the place where it is charged does, and as often. It is charged in one sum, in
 * advance, so that what a function that returns was charged is the sum of the costs of what it ran, to the unit. A trap or an exception
 * leaves what was charged in advance: as much on every machine. A stretch need not be in one piece:
 *
 *   - what follows a block belongs to what precedes it, if no branch leads out of the block past that;
 *   - what both arms of an `if` cost is charged before it;
 *   - where a loop's start is reached from its outside and from one `br`, it is charged at both of these.
 *
 * A function with loops counts in a local. The places where it is left and entered are noted for this.
 */
import { IntList } from './int-list.js';
import type { Points } from './points.js';

/** No stretch is charged much more: it has to fit in a word. Code without branches has a check long before that. */
const MAX_UNITS = 2 ** 24;
/** More of a loop's starts: then it is charged where it starts. */
const NONE = -1;
const SEVERAL = -2;

/** The stretch around; the first inside; the second arm, or where a loop begins again; the outermost block that a branch leads to. */
const WORDS = 5;
const FIRST = 1;
const SECOND = 2;
const OUTERMOST = 3;
const IS_LOOP = 4;

export class Stretches {
  readonly #counting: boolean;
  readonly #points: Points;
  /** The blocks that are open, innermost last; the function is the first. */
  readonly #blocks = new IntList(64 * WORDS);
  #current = 0;
  /** What the function has until now. */
  #stretches = 0;
  #loops = 0;
  #calls = 0;
  #handlers = 0;

  constructor(points: Points, counting: boolean) {
    this.#points = points;
    this.#counting = counting;
  }

  /** Another function, whose code begins at `at`. */
  begin(at: number): void {
    this.#stretches = 0;
    this.#loops = 0;
    this.#calls = 0;
    this.#handlers = 0;
    this.#blocks.length = 0;
    this.open(at);
    this.block();
  }

  charge(units: number): void {
    if (this.#counting) {
      this.#points.charge(this.#current, units);
    }
  }

  /** What comes from `at` on does not always run when what precedes it does, or not as often. */
  open(at: number): void {
    if (this.#counting) {
      this.#stretches++;
      this.#current = this.#points.stretch(at);
    }
  }

  /** A check comes here: a place to begin anew, if the stretch has become too long. */
  limit(at: number): void {
    if (this.#counting && this.#points.units(this.#current) > MAX_UNITS) {
      this.open(at);
    }
  }

  /** The function is left at `at`, by a call or for good. */
  leave(at: number): void {
    if (this.#counting) {
      this.#points.leave(at);
    }
  }

  /** A callee has returned. */
  enter(at: number): void {
    if (this.#counting) {
      this.#calls++;
      this.#points.enter(at);
    }
  }

  block(): void {
    if (this.#counting) {
      this.#push(NONE, false);
    }
  }

  /** @param at - where the loop's start is. */
  loop(at: number): void {
    if (this.#counting) {
      this.#loops++;
      this.#push(NONE, true);
      this.open(at);
      this.#blocks.set(this.#top() + FIRST, this.#current);
    }
  }

  if(at: number): void {
    if (this.#counting) {
      this.#push(NONE, false);
      this.open(at);
      this.#blocks.set(this.#top() + FIRST, this.#current);
    }
  }

  /** Another arm begins at `at`. */
  arm(at: number): void {
    if (this.#counting) {
      this.open(at);
      this.#blocks.set(this.#top() + SECOND, this.#current);
    }
  }

  /** A handler of a `try` begins at `at`. */
  handler(at: number): void {
    this.#handlers++;
    this.open(at);
  }

  tryTable(): void {
    this.#handlers++;
    this.block();
  }

  /**
   * A branch leads to a label.
   *
   * @param always - a `br`, and nothing else.
   */
  branch(label: number, always: boolean): void {
    if (!this.#counting) {
      return;
    }
    const target = this.#blocks.length - WORDS * (label + 1);
    this.#leadsTo(target);
    if (this.#blocks.at(target + IS_LOOP) === 1) {
      const again = this.#blocks.at(target + SECOND);
      this.#blocks.set(target + SECOND, always && again === NONE ? this.#current : SEVERAL);
    }
  }

  /** The function is left other than by a trap. */
  leaveFunction(): void {
    if (this.#counting) {
      this.#leadsTo(0);
    }
  }

  /**
   * The innermost block ends.
   *
   * @param joined - whether branches come to its end.
   * @param reachable - whether anybody comes to its end.
   */
  end(at: number, joined: boolean, reachable: boolean): void {
    if (!this.#counting) {
      return;
    }
    const top = this.#top();
    const around = this.#blocks.at(top);
    const outermost = this.#blocks.at(top + OUTERMOST);
    this.#gather(top);
    this.#blocks.length -= WORDS;
    if (top > 0) {
      this.#leadsTo(outermost);
    }
    if (!reachable) {
      return;
    }
    if (outermost >= top) {
      this.#current = around;
      this.limit(at);
    } else if (joined) {
      this.open(at);
    }
  }

  /**
   * Whether the function that has ended should count in a local. V8 keeps it in a register, which it does not do with a global; around
   * calls it has to be handed over. What a handler catches comes from functions that left the fuel in the global.
   */
  get prefersLocal(): boolean {
    return this.#loops > 0 && this.#handlers === 0 && this.#calls <= this.#stretches;
  }

  /** Charge earlier what is charged on every way through a block that has ended. */
  #gather(top: number): void {
    const blocks = this.#blocks;
    const points = this.#points;
    const around = blocks.at(top);
    const first = blocks.at(top + FIRST);
    const second = blocks.at(top + SECOND);
    if (first === NONE || second < 0) {
      return;
    }
    const isLoop = blocks.at(top + IS_LOOP) === 1;
    if (isLoop && first !== second) {
      const units = points.units(first);
      points.charge(first, -units);
      points.charge(second, units);
      points.charge(around, units);
    } else if (!isLoop) {
      const units = Math.min(points.units(first), points.units(second));
      points.charge(first, -units);
      points.charge(second, -units);
      points.charge(around, units);
    }
  }

  #push(second: number, isLoop: boolean): void {
    const blocks = this.#blocks;
    blocks.push(this.#current);
    blocks.push(NONE);
    blocks.push(second);
    blocks.push(blocks.length);
    blocks.push(isLoop ? 1 : 0);
  }

  #top(): number {
    return this.#blocks.length - WORDS;
  }

  #leadsTo(block: number): void {
    const at = this.#top() + OUTERMOST;
    this.#blocks.set(at, Math.min(this.#blocks.at(at), block));
  }
}
