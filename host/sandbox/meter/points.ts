/**
 * The places of a module's code where something is put, function by function: what placing and emitting have in common.
 *
 * Kept as numbers, because a module of 32 MiB can have a million of them. Written function by function, in the order of the code
 * within each; read in any order.
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
  /** Of a stretch: its units. Of a replaced operator: its bytes. */
  readonly value: number;
  /** Of a stretch: 1 if there is a check. Of a replaced operator: which helper. */
  readonly detail: number;
}

const WORDS = 4;
const KIND = 1;
const VALUE = 2;
const DETAIL = 3;

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

  /** The function has no more points. */
  end(): void {
    this.#ends[this.#function] = this.#words.length;
  }

  /** A check, with the stretch that begins at the same place if there is one. */
  check(at: number): void {
    const words = this.#words;
    const last = words.length - WORDS;
    const isHere =
      last >= this.#starts[this.#function]! && words.at(last) === at && words.at(last + KIND) === POINT.stretch;
    if (isHere) {
      words.set(last + DETAIL, 1);
    } else {
      this.#push(at, POINT.stretch, 0, 1);
    }
  }

  /** @returns which stretch it is, for {@link charge} and {@link units}. */
  stretch(at: number): number {
    this.#push(at, POINT.stretch, 0, 0);
    return this.#words.length - WORDS;
  }

  charge(stretch: number, units: number): void {
    this.#words.set(stretch + VALUE, this.#words.at(stretch + VALUE) + units);
  }

  units(stretch: number): number {
    return this.#words.at(stretch + VALUE);
  }

  leave(at: number): void {
    this.#push(at, POINT.leave, 0, 0);
  }

  enter(at: number): void {
    this.#push(at, POINT.enter, 0, 0);
  }

  /** Call a helper instead of the operator at `at`. */
  replace(at: number, bytes: number, helper: number): void {
    this.#push(at, POINT.replace, bytes, helper);
  }

  of(index: number): Point[] {
    const words = this.#words;
    const points: Point[] = [];
    for (let i = this.#starts[index]!; i < this.#ends[index]!; i += WORDS) {
      const point = {
        at: words.at(i),
        kind: words.at(i + KIND),
        value: words.at(i + VALUE),
        detail: words.at(i + DETAIL),
      };
      if (point.kind !== POINT.stretch || point.value > 0 || point.detail > 0) {
        points.push(point);
      }
    }
    return points;
  }

  #push(at: number, kind: number, value: number, detail: number): void {
    const words = this.#words;
    words.push(at);
    words.push(kind);
    words.push(value);
    words.push(detail);
  }
}
