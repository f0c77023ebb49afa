/** What a caller knows of the functions that it calls: the units that they may run without a check. */

/** A path that does not exist; still negative with anything that can be added to it. */
export const NEVER = -(2 ** 30);

/** What may run before the first check, without any check, and from the last check to the return. */
export interface Summary {
  /** From the call to the first check, return or throw. */
  readonly before: number;
  /** From the call to the return, on paths without a check; or {@link NEVER}. */
  readonly through: number;
  /** From the last check to the return; or {@link NEVER}. */
  readonly after: number;
  /** From the last return of an unknown callee, which may have run up units of its own, to the return; or {@link NEVER}. */
  readonly afterUnknown: number;
  /** What the first call may cost beyond that, because V8 compiles the callee. */
  readonly compiling: number;
}

/** Kept for all functions of a module as five words each. */
export class Summaries {
  readonly #words: Int32Array;
  readonly #known: Uint8Array;
  readonly #summary = { before: 0, through: 0, after: 0, afterUnknown: 0, compiling: 0 };

  constructor(functions: number) {
    this.#words = new Int32Array(functions * 5);
    this.#known = new Uint8Array(functions);
  }

  set(index: number, { before, through, after, afterUnknown, compiling }: Summary): void {
    this.#words.set([before, through, after, afterUnknown, compiling], index * 5);
    this.#known[index] = 1;
  }

  /** @returns undefined before it was set; the object is reused. */
  get(index: number): Summary | undefined {
    if (this.#known[index] !== 1) {
      return undefined;
    }
    const at = index * 5;
    const summary = this.#summary;
    summary.before = this.#words[at]!;
    summary.through = this.#words[at + 1]!;
    summary.after = this.#words[at + 2]!;
    summary.afterUnknown = this.#words[at + 3]!;
    summary.compiling = this.#words[at + 4]!;
    return summary;
  }
}
