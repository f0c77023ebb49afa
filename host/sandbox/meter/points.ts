/**
 * The places of a module's code where something is put, function by function: what placing and emitting have in common.
 *
 * Two numbers each, because a module of 32 MiB can have millions. Written function by function, in the order of the code within
 * each; read in any order.
 */
import { IntList } from './int-list.js';

/** What is put at a place. */
export const POINT = {
  /** Units are charged, or there is a check, or both. */
  stretch: 0,
  /** The function is about to be left, for a while or for good: others want to know what is left of the fuel. */
  leave: 1,
  /** The function goes on, and others have used fuel meanwhile. */
  enter: 2,
  /** A bulk operation becomes a call of a helper. */
  replace: 3,
} as const;

export interface Point {
  /** Offset in the original module. */
  readonly at: number;
  readonly kind: number;
  readonly check: boolean;
  /** Of a stretch. */
  readonly units: number;
  /** Of an operator that is replaced. */
  readonly bytes: number;
  readonly helper: number;
}

/** Where; and `value << 3 | check << 2 | kind`, where the value of a replaced operator is `helper << 6 | bytes`. */
const WORDS = 2;
const KIND = 0x03;
const CHECK = 0x04;
const VALUE_SHIFT = 3;
const BYTES_SHIFT = 6;
const BYTES = 0x3f;

export class Points {
  readonly #words = new IntList(1024);
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  #function = 0;

  constructor(functions: number) {
    this.#starts = new Uint32Array(functions);
    this.#ends = new Uint32Array(functions);
  }

  /** Go on with another function. */
  begin(index: number): void {
    this.#function = index;
    this.#starts[index] = this.#words.length;
  }

  /**
   * The function has no more points. Those that turned out to be nothing are dropped, so that stretches lose their numbers.
   *
   * @param leaves - whether leaving and entering matters.
   */
  end(leaves: boolean): void {
    const words = this.#words;
    let kept = this.#starts[this.#function]!;
    for (let i = kept; i < words.length; i += WORDS) {
      const word = words.at(i + 1);
      const kind = word & KIND;
      if (kind === POINT.stretch ? word !== POINT.stretch : kind === POINT.replace || leaves) {
        words.set(kept, words.at(i));
        words.set(kept + 1, word);
        kept += WORDS;
      }
    }
    words.length = kept;
    this.#ends[this.#function] = kept;
  }

  /** A check, with the stretch that begins at the same place if there is one. */
  check(at: number): void {
    const words = this.#words;
    const last = words.length - WORDS;
    if (
      last >= this.#starts[this.#function]! &&
      words.at(last) === at &&
      (words.at(last + 1) & KIND) === POINT.stretch
    ) {
      words.set(last + 1, words.at(last + 1) | CHECK);
    } else {
      this.#push(at, CHECK | POINT.stretch);
    }
  }

  /** @returns which stretch it is, for {@link charge} and {@link units}. */
  stretch(at: number): number {
    this.#push(at, POINT.stretch);
    return this.#words.length - WORDS;
  }

  /** @param units - may be negative. A stretch must not have 2^28 or more. */
  charge(stretch: number, units: number): void {
    this.#words.set(stretch + 1, this.#words.at(stretch + 1) + units * 2 ** VALUE_SHIFT);
  }

  units(stretch: number): number {
    return this.#words.at(stretch + 1) >>> VALUE_SHIFT;
  }

  leave(at: number): void {
    this.#push(at, POINT.leave);
  }

  enter(at: number): void {
    this.#push(at, POINT.enter);
  }

  /** Call a helper instead of the operator at `at`. */
  replace(at: number, bytes: number, helper: number): void {
    this.#push(at, (((helper << BYTES_SHIFT) | bytes) << VALUE_SHIFT) | POINT.replace);
  }

  *of(index: number): Generator<Point> {
    const words = this.#words;
    for (let i = this.#starts[index]!; i < this.#ends[index]!; i += WORDS) {
      const word = words.at(i + 1);
      const value = word >>> VALUE_SHIFT;
      yield {
        at: words.at(i),
        kind: word & KIND,
        check: (word & CHECK) !== 0,
        units: value,
        bytes: value & BYTES,
        helper: value >>> BYTES_SHIFT,
      };
    }
  }

  #push(at: number, word: number): void {
    this.#words.push(at);
    this.#words.push(word);
  }
}
