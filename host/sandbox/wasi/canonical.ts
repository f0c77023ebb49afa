/**
 * Loads and stores of the canonical ABI, as far as WASI's signatures need them.
 *
 * Every pointer and length here was chosen by the guest: ranges are checked before anything is read, allocated or written, and
 * views are fetched anew after `realloc`, which runs guest code.
 * Layouts: component-model design/mvp/CanonicalABI.md, "Loading", "Storing", "Alignment" and "Element Size".
 */
import { trap } from './trap.js';
import type { GuestMemory } from './types.js';

/** `list<T>` and `string`: pointer, then length. */
export const LIST_SIZE = 8;

const encoder = new TextEncoder();

/**
 * Check that a range lies inside the guest's memory and is aligned.
 *
 * @param what - names the range in the message.
 * @throws PluginError `GUEST_TRAP`.
 */
export function checkRange(memory: GuestMemory, what: string, ptr: number, size: number, align: number): void {
  const memorySize = memory.bytes().byteLength;
  if (ptr % align !== 0) {
    throw trap(`Cannot use ${what} at ${ptr}: it must be aligned to ${align} bytes`);
  }
  // Both are below 2^53 here, but the subtraction reads the same in every twin.
  if (size > memorySize || ptr > memorySize - size) {
    throw trap(`Cannot use ${what} at ${ptr}: it needs ${size} bytes, the memory has ${memorySize}`);
  }
}

/** Bytes of a `list<u8>` parameter: a view that lives until the guest runs again. */
export function listBytes(memory: GuestMemory, ptr: number, len: number): Uint8Array {
  checkRange(memory, 'list', ptr, len, 1);
  return memory.bytes().subarray(ptr, ptr + len);
}

/** Elements of a `list<u32>` or list-of-handles parameter, copied. Check `len` against a limit first. */
export function listU32(memory: GuestMemory, ptr: number, len: number): number[] {
  checkRange(memory, 'list', ptr, len * 4, 4);
  const view = memory.view();
  return Array.from({ length: len }, (_, i) => view.getUint32(ptr + i * 4, true));
}

/**
 * Memory in the guest for `size` bytes. As in the specification, an empty list is asked for too: the guest decides what
 * pointer stands for nothing.
 *
 * @throws PluginError `GUEST_TRAP` if the guest's allocator answers with a pointer that is unaligned or leaves its memory.
 */
export function allocate(memory: GuestMemory, size: number, align: number): number {
  const ptr = memory.realloc(0, 0, align, size) >>> 0;
  checkRange(memory, 'allocation', ptr, size, align);
  return ptr;
}

/** Copy bytes to newly allocated guest memory and store pointer and length at `at`, which must have been checked. */
export function storeBytes(memory: GuestMemory, at: number, bytes: Uint8Array): void {
  const ptr = allocate(memory, bytes.byteLength, 1);
  memory.bytes().set(bytes, ptr);
  storeList(memory, at, ptr, bytes.byteLength);
}

/** The same for a string, as UTF-8. */
export function storeString(memory: GuestMemory, at: number, text: string): void {
  storeBytes(memory, at, encoder.encode(text));
}

/** Store pointer and length of a list at `at`, which must have been checked. */
export function storeList(memory: GuestMemory, at: number, ptr: number, len: number): void {
  const view = memory.view();
  view.setUint32(at, ptr, true);
  view.setUint32(at + 4, len, true);
}
