/**
 * One guest memory, and the allocator that goes with it.
 *
 * Views are kept between uses, because making one costs as much as a small call; growth detaches the old buffer, which
 * empties its views, so an empty view is the sign to fetch a new one. Every use goes through `bytes()` again after any
 * call into the guest.
 *
 * Sizes are asked with `length`, here and in lift.ts and lower.ts: V8 11 turns that into a load but calls a function for
 * `byteLength`, which made a 64-byte call take 0.20 us in place of 0.10 (bench/hook-call.ts).
 */
import { PluginError } from '../errors/index.js';
import type { InstanceState } from './state.js';
import type { GuestMemory } from './wasi/index.js';
import type { WasmMemory } from './web-assembly.js';

/** `cabi_realloc` or its like: (old pointer, old size, alignment, new size) -> pointer. */
export type Realloc = (oldPtr: number, oldSize: number, align: number, newSize: number) => number;

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_VIEW: DataView = new DataView(new ArrayBuffer(0));

export class LinkedMemory implements GuestMemory {
  #bytes: Uint8Array = NO_BYTES;
  #view: DataView = NO_VIEW;
  #memory: WasmMemory | undefined;
  #realloc: Realloc | undefined;
  readonly #state: InstanceState;
  readonly #findMemory: () => WasmMemory;
  readonly #findRealloc: () => Realloc;

  /**
   * @param findMemory - asked once, at the first use: the guest's memory may be made after the functions that use it.
   * @param findRealloc - as `findMemory`.
   */
  constructor(state: InstanceState, findMemory: () => WasmMemory, findRealloc: () => Realloc) {
    this.#state = state;
    this.#findMemory = findMemory;
    this.#findRealloc = findRealloc;
  }

  /** Look both up now, so that a component without them fails when it starts. @throws PluginError `COMPONENT_MALFORMED`. */
  link(): void {
    this.#memory ??= this.#findMemory();
    this.#realloc ??= this.#findRealloc();
  }

  bytes(): Uint8Array {
    if (this.#bytes.length === 0) {
      this.#memory ??= this.#findMemory();
      this.#bytes = new Uint8Array(this.#memory.buffer);
    }
    return this.#bytes;
  }

  view(): DataView {
    const { buffer } = this.bytes();
    if (this.#view.buffer !== buffer) {
      this.#view = new DataView(buffer);
    }
    return this.#view;
  }

  realloc(oldPtr: number, oldSize: number, align: number, newSize: number): number {
    this.#realloc ??= this.#findRealloc();
    const state = this.#state;
    const mayLeave = state.mayLeave;
    state.mayLeave = false;
    const pointer = this.#realloc(oldPtr, oldSize, align, newSize);
    // Not in a `finally`: a throw ends the instance.
    state.mayLeave = mayLeave;
    return pointer;
  }

  /**
   * Copy bytes into memory that the guest allocates for them.
   *
   * @returns where they are, unsigned. Canonical ABI, "Storing": an empty list is allocated too.
   */
  store(data: Uint8Array): number {
    const length = data.length;
    const pointer = this.realloc(0, 0, 1, length) >>> 0;
    const bytes = this.bytes();
    if (pointer > bytes.length - length) {
      throw outOfBounds('cabi_realloc answered with memory', pointer, length, bytes.length);
    }
    bytes.set(data, pointer);
    return pointer;
  }

  /** A copy of `length` bytes at `pointer`, both unsigned. */
  load(pointer: number, length: number): Uint8Array {
    return this.#within(pointer, length).slice(pointer, pointer + length);
  }

  /** The same as a view, good until the guest runs again. */
  peek(pointer: number, length: number): Uint8Array {
    return this.#within(pointer, length).subarray(pointer, pointer + length);
  }

  #within(pointer: number, length: number): Uint8Array {
    const bytes = this.bytes();
    if (length > bytes.length || pointer > bytes.length - length) {
      throw outOfBounds('a message lies', pointer, length, bytes.length);
    }
    return bytes;
  }
}

/** What the guest says of its memory is not so. */
export function outOfBounds(what: string, pointer: number, length: number, size: number): PluginError {
  return new PluginError(
    'GUEST_TRAP',
    `Cannot pass a message: ${what} at byte ${pointer} with ${length} bytes, the guest's memory has ${size}`,
  );
}
