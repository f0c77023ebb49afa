/**
 * The blocks that are open at a place of a function, innermost last: where branches go, and with which state.
 *
 * A stack of numbers: code can be nested as deep as it is long.
 */
import type { Flow } from './flow.js';
import { IntList } from './int-list.js';
import { NEVER } from './summaries.js';

/** Branches go to the start, where there is a check. */
export const LOOP = 1;
/** An `if` whose other arm has not come yet. */
export const OPEN_IF = 2;
/** The end of the block is where a `try_table` leads exceptions to. */
export const CAUGHT = 4;

/** Flags; values that a branch carries; state of the branches to the end; state at the `if`. */
const WORDS = 8;
const ARITY = 1;
const END_STATE = 2;
const IF_STATE = 5;

export class ControlFrames {
  readonly #words = new IntList(64 * WORDS);

  get depth(): number {
    return this.#words.length / WORDS;
  }

  clear(): void {
    this.#words.length = 0;
  }

  push(flags: number, arity: number): void {
    const words = this.#words;
    words.push(flags);
    words.push(arity);
    for (let i = END_STATE; i < WORDS; i++) {
      words.push(NEVER);
    }
  }

  pop(): void {
    this.#words.length -= WORDS;
  }

  /** Of the frame that a label of this depth refers to. */
  flags(label: number): number {
    return this.#words.at(this.#frame(label));
  }

  setFlags(label: number, flags: number): void {
    this.#words.set(this.#frame(label), flags);
  }

  arity(label: number): number {
    return this.#words.at(this.#frame(label) + ARITY);
  }

  /** Is the label the function itself? */
  isFunction(label: number): boolean {
    return label === this.depth - 1;
  }

  /** A path with this state leads to the end of the block. */
  join(label: number, flow: Flow): void {
    const at = this.#frame(label) + END_STATE;
    this.#raise(at, flow.entry, flow.check, flow.unknown);
  }

  /** Remember the state for the other arm of the innermost block. */
  saveIf(flow: Flow): void {
    this.#raise(this.#frame(0) + IF_STATE, flow.entry, flow.check, flow.unknown);
  }

  /** The state goes back to the one at the `if`. */
  loadIf(flow: Flow): void {
    this.#load(this.#frame(0) + IF_STATE, flow);
  }

  /** The innermost `if` ends without another arm. */
  joinIf(): void {
    const words = this.#words;
    const from = this.#frame(0) + IF_STATE;
    this.#raise(this.#frame(0) + END_STATE, words.at(from), words.at(from + 1), words.at(from + 2));
  }

  /** Does a path lead to the end of the innermost block, of those that have joined? */
  get joined(): boolean {
    const words = this.#words;
    const at = this.#frame(0) + END_STATE;
    return words.at(at) >= 0 || words.at(at + 1) >= 0 || words.at(at + 2) >= 0;
  }

  /** The state becomes that of all paths to the end of the innermost block. */
  loadEnd(flow: Flow): void {
    this.#load(this.#frame(0) + END_STATE, flow);
  }

  #frame(label: number): number {
    return this.#words.length - WORDS * (label + 1);
  }

  #raise(at: number, entry: number, check: number, unknown: number): void {
    const words = this.#words;
    words.set(at, Math.max(words.at(at), entry));
    words.set(at + 1, Math.max(words.at(at + 1), check));
    words.set(at + 2, Math.max(words.at(at + 2), unknown));
  }

  #load(at: number, flow: Flow): void {
    const words = this.#words;
    flow.set(words.at(at), words.at(at + 1), words.at(at + 2));
  }
}
