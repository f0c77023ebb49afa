// The canonical ABI as a plugin's core module sees it (component-model CanonicalABI.md): how bytes cross, and who frees them.
//
//   host -> plugin   the host calls `cabi_realloc` and copies the request in; the plugin owns those bytes from then on
//   plugin -> host   an export returns the address of a result area, 4-aligned: u8 discriminant (0 ok, 1 error) at 0,
//                    data address at 4, length at 8; the host copies, then calls `cabi_post_...` so that the plugin can free
//
// Memory from `cabi_realloc` is outside the garbage collector: between that call and the hook nobody holds it.
import { Writer } from "./writer";

// @ts-ignore: decorator
@inline const RESULT_SIZE: i32 = 12;

/** The one result area: calls into a plugin do not nest, and the host has copied it before the next call. */
// @ts-ignore: decorator
@lazy const resultArea = memory.data(RESULT_SIZE, 4);

/** Keep the answer alive until the host has copied it. */
// @ts-ignore: decorator
@lazy let answer: Writer | null = null;
// @ts-ignore: decorator
@lazy let answerBytes: Uint8Array | null = null;

/** Allocator for the host; `newSize` 0 is legal and gets an address of its own. */
export function cabi_realloc(oldPtr: usize, oldSize: usize, align: usize, newSize: usize): usize {
  // heap.realloc(0, n) traps in the stub runtime.
  return oldPtr == 0 ? heap.alloc(newSize) : heap.realloc(oldPtr, newSize);
}

/** Hand `writer`'s bytes to the host; returns what the export returns. */
export function respond(isError: bool, writer: Writer): usize {
  answer = writer;
  return result(isError, writer.dataStart, writer.length);
}

/** The same for bytes that are a message already: not copied. */
export function respondBytes(bytes: Uint8Array): usize {
  answerBytes = bytes;
  return result(false, bytes.dataStart, bytes.length);
}

function result(isError: bool, from: usize, size: usize): usize {
  store<u32>(resultArea, isError ? 1 : 0);
  store<usize>(resultArea, from, 4);
  store<usize>(resultArea, size, 8);
  return resultArea;
}

/** After the host has copied the answer: nothing of the call is on the stack now, so garbage can go. */
export function postReturn(result: usize): void {
  answer = null;
  answerBytes = null;
  // The incremental collector works while it allocates; the minimal one only here.
  if (ASC_RUNTIME == 1) __collect();
}
