/**
 * From offsets in a rewritten module to those in the module as its author wrote it.
 *
 *   rewritten   0 ........ 40 [check] 52 ........ 90
 *   original    0 ........ 40         40 ........ 78
 *
 * Stack traces name offsets in what V8 compiled; source maps and DWARF speak of the original. Between two changes the distance is
 * the same, so that two numbers for each end of a change are all there is to keep.
 */
/** Where code comes from that the sandbox added. */
export const NO_ORIGIN = -1;

/** Plain data but for the method: `new OffsetMap(map.starts, map.origins)` brings it back after a structured clone. */
export class OffsetMap {
  /** Offsets in the rewritten module at which stretches begin, ascending. */
  readonly starts: Int32Array;
  /**
   * Where each stretch comes from: an offset for one that was copied, `-2 - offset` for one that was put in there,
   * {@link NO_ORIGIN} for one that belongs nowhere.
   */
  readonly origins: Int32Array;

  constructor(starts: Int32Array, origins: Int32Array) {
    this.starts = starts;
    this.origins = origins;
  }

  /**
   * @param offset - in bytes of the rewritten module.
   * @returns offset in bytes of the original; for what was put between operators that of the operator behind it;
   *   {@link NO_ORIGIN} for functions that were added.
   */
  originOf(offset: number): number {
    const { starts, origins } = this;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low === 0) {
      return offset;
    }
    const origin = origins[low - 1]!;
    return origin >= 0 ? origin + offset - starts[low - 1]! : origin === NO_ORIGIN ? NO_ORIGIN : -2 - origin;
  }
}

/** The map of a module that nothing was done to. */
export const IDENTITY = new OffsetMap(new Int32Array(), new Int32Array());

/** Takes down where each stretch of a module comes from, front to back. */
export class OffsetRecorder {
  #starts = new Int32Array(1024);
  #origins = new Int32Array(1024);
  #length = 0;

  copied(start: number, origin: number): void {
    this.#push(start, origin);
  }

  inserted(start: number, before: number): void {
    this.#push(start, -2 - before);
  }

  added(start: number): void {
    this.#push(start, NO_ORIGIN);
  }

  finish(): OffsetMap {
    return new OffsetMap(this.#starts.slice(0, this.#length), this.#origins.slice(0, this.#length));
  }

  #push(start: number, origin: number): void {
    if (this.#length === this.#starts.length) {
      this.#starts = twice(this.#starts);
      this.#origins = twice(this.#origins);
    }
    this.#starts[this.#length] = start;
    this.#origins[this.#length++] = origin;
  }
}

function twice(values: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2);
  larger.set(values);
  return larger;
}
