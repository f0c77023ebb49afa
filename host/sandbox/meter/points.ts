/**
 * The places of a module's code where something is put, function by function: what placing and emitting have in common.
 *
 * Kept as numbers, because a module of 32 MiB can have a million of them. A stretch is code that runs from its first operator to
 * its last unless it traps: it is charged where it begins. A check begins a stretch, so the two always meet.
 */
import { IntList } from './int-list.js';

/** Something to do at a place. */
export interface Point {
  /** Offset in the original module. */
  readonly at: number;
  /** Units of the stretch that begins here; 0 if fuel is not counted, or if there is nothing to charge. */
  readonly units: number;
  readonly check: boolean;
  /** A bulk operation here, of so many bytes, becomes a call of this helper. */
  readonly replaced: { readonly bytes: number; readonly helper: number } | undefined;
}

/** An operator's immediates take a few bytes, even written at length. */
const MAX_OPERATOR_BYTES = 64;
const WORDS = 2;

/**
 * Written function by function, in the order of the code within each; read in any order.
 *
 * A point is two words: where, and `2 * units + check`, or what replaces an operator as a negative number.
 */
export class Points {
  readonly #counting: boolean;
  readonly #words = new IntList(1024);
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  #function = 0;
  #at = -1;
  #units = 0;
  #check = false;

  /** @param counting - whether stretches matter, or only checks. */
  constructor(functions: number, counting: boolean) {
    this.#counting = counting;
    this.#starts = new Uint32Array(functions);
    this.#ends = new Uint32Array(functions);
  }

  /** Go on with another function, whose first stretch begins at `at`. */
  begin(index: number, at: number): void {
    this.#function = index;
    this.#starts[index] = this.#words.length;
    this.#open(at);
  }

  /** Charge the stretch that is open. */
  add(units: number): void {
    this.#units += units;
  }

  /** A stretch begins at `at`: others may come here too, or not come on. */
  stretch(at: number): void {
    if (this.#counting && (this.#units > 0 || this.#at !== at)) {
      this.#close();
      this.#open(at);
    }
  }

  /** A check, at the beginning of a stretch. */
  check(at: number): void {
    if (this.#units > 0 || this.#at !== at) {
      this.#close();
      this.#open(at);
    }
    this.#check = true;
  }

  /** Call a helper instead of the operator at `at`, which ends the stretch. */
  replace(at: number, bytes: number, helper: number): void {
    this.#close();
    this.#words.push(at);
    this.#words.push(-1 - (helper * MAX_OPERATOR_BYTES + bytes));
    this.#open(at + bytes);
  }

  /** The last stretch of the function has ended. */
  end(): void {
    this.#close();
    this.#ends[this.#function] = this.#words.length;
  }

  of(index: number): Point[] {
    const points: Point[] = [];
    for (let i = this.#starts[index]!; i < this.#ends[index]!; i += WORDS) {
      const at = this.#words.at(i);
      const word = this.#words.at(i + 1);
      if (word >= 0) {
        points.push({ at, units: word >>> 1, check: (word & 1) === 1, replaced: undefined });
      } else {
        const helper = Math.floor((-1 - word) / MAX_OPERATOR_BYTES);
        const bytes = (-1 - word) % MAX_OPERATOR_BYTES;
        points.push({ at, units: 0, check: false, replaced: { bytes, helper } });
      }
    }
    return points;
  }

  #open(at: number): void {
    this.#at = at;
    this.#units = 0;
    this.#check = false;
  }

  #close(): void {
    const units = this.#counting ? this.#units : 0;
    if (units > 0 || this.#check) {
      this.#words.push(this.#at);
      this.#words.push(units * 2 + (this.#check ? 1 : 0));
    }
    this.#units = 0;
    this.#check = false;
  }
}
