/**
 * What may have run when control is at one place of a function: the state that the placement carries through the code.
 *
 * Three numbers, each the largest cost over the paths of one class that lead here (see placement.ts), or negative if there is no such path:
 *
 *   entry     from the function's entry, on paths without a check
 *   check     from the last check
 *   unknown   from the return of an unknown callee, which may have run up units that nobody here knows of
 */
import { STRETCH } from './costs.js';
import type { Points } from './points.js';
import type { Stretches } from './stretches.js';
import { NEVER, type Summary } from './summaries.js';

/** What a function that keeps the contract may run before its first check, or without one. */
export const CONTRACT = 40;
/**
 * What it may run from an unknown callee's return to its own. Small, because it adds up over the frames of a deep recursion that
 * returns; with room for one more call, so that a function which calls itself twice needs one check and not two.
 */
export const CONTRACT_RETURN = 64;
/**
 * What a load counts there beyond its cost: one that has to wait for memory takes a tenth of a microsecond, and 20,000 frames that
 * each make thirty of them a twentieth of a second.
 */
const LOAD_ON_RETURN = 14;
/** What other functions may run before their first check: leaves room for their callers. */
const ENTRY = STRETCH / 2;

export class Flow {
  entry = NEVER;
  check = NEVER;
  unknown = NEVER;
  readonly #points: Points;
  readonly #stretches: Stretches;
  #keepsContract = false;
  #mayEnter = 0;
  /** Units since the last settling, which are not in the state yet, and how many there may be. */
  #run = 0;
  #room = 0;
  /** Loads since the last settling. */
  #loads = 0;
  #before = 0;
  #through = NEVER;
  #after = NEVER;
  #afterUnknown = NEVER;

  constructor(points: Points, stretches: Stretches) {
    this.#points = points;
    this.#stretches = stretches;
  }

  /** @param units - cost of entering the function. */
  begin(keepsContract: boolean, units: number, at: number): void {
    this.#keepsContract = keepsContract;
    this.#mayEnter = keepsContract ? CONTRACT : ENTRY;
    this.#before = 0;
    this.#through = NEVER;
    this.#after = NEVER;
    this.#afterUnknown = NEVER;
    this.#stretches.charge(units);
    this.set(units, NEVER, NEVER);
    if (units > this.#mayEnter) {
      this.putCheck(at);
    }
  }

  /** Another state: several paths meet here, or one goes on elsewhere. */
  set(entry: number, check: number, unknown: number): void {
    this.entry = orNever(entry);
    this.check = orNever(check);
    this.unknown = orNever(unknown);
    this.#run = 0;
    this.#loads = 0;
    this.#room = Math.min(STRETCH - Math.max(this.check, this.unknown), this.#mayEnter - this.entry);
  }

  /** Bring the state up to date. */
  settle(): void {
    const run = this.#run;
    if (run > 0) {
      this.#stretches.charge(run);
      this.set(this.entry + run, this.check + run, this.unknown + run + this.#loads * LOAD_ON_RETURN);
    }
  }

  putCheck(at: number): void {
    this.settle();
    this.#before = Math.max(this.#before, this.entry);
    this.#stretches.limit(at);
    this.#points.check(at);
    this.set(NEVER, 0, NEVER);
  }

  /**
   * Count an operator at `at`, with a check before it if it would pass a bound.
   *
   * @param loads - 1 if it may wait for memory.
   */
  spend(units: number, at: number, loads = 0): void {
    if (this.#run + units > this.#room) {
      this.putCheck(at);
    }
    this.#run += units;
    this.#loads += loads;
  }

  /** Count an operator that may be the function's last one. */
  spendLast(units: number, at: number): void {
    this.settle();
    if (this.#keepsContract && this.unknown + units > CONTRACT_RETURN) {
      this.putCheck(at);
    }
    this.spend(units, at);
  }

  /** Count a call of `units` and what is known of the callee. */
  call(units: number, at: number, callee: Summary, isLast: boolean): void {
    const { through, after, afterUnknown, compiling } = callee;
    const before = Math.max(callee.before, through);
    this.settle();
    if (
      this.entry + units + before > this.#mayEnter ||
      Math.max(this.check, this.unknown) + units + before + compiling > STRETCH ||
      (isLast && this.#keepsContract && this.unknown + units + Math.max(through, 0) + compiling > CONTRACT_RETURN)
    ) {
      this.putCheck(at);
    }
    this.#stretches.charge(units);
    this.#before = Math.max(this.#before, this.entry + units + before);
    this.set(
      this.entry + units + through,
      Math.max(this.check + units + through + compiling, after),
      Math.max(this.unknown + units + through + compiling, afterUnknown),
    );
  }

  /** An exception leaves from here; whatever catches it begins with a check. */
  leaveByThrow(): void {
    this.settle();
    this.#before = Math.max(this.#before, this.entry);
  }

  /** The function may return here. */
  leave(): void {
    this.settle();
    this.#through = Math.max(this.#through, this.entry);
    this.#after = Math.max(this.#after, this.check);
    this.#afterUnknown = Math.max(this.#afterUnknown, this.unknown);
  }

  /** @param compiling - what V8 may need for the function at its first call. */
  summary(compiling: number): Summary {
    return {
      before: this.#before,
      through: this.#through,
      // Not never, so that code behind a callee which does not return has a state like any other.
      after: Math.max(this.#after, 0),
      afterUnknown: this.#afterUnknown,
      compiling,
    };
  }
}

/** Whatever was added to {@link NEVER}, it stays never. */
function orNever(units: number): number {
  return units < 0 ? NEVER : units;
}
