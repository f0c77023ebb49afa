// The guest of bench/hook-call.ts: a component's two hooks, written against the core ABI so that nothing but the ABI is measured.

/** Where the host reads an answer: tag at 0, pointer at 4, length at 8. */
const answer = memory.data(12, 4);

// @ts-ignore: decorator
@external("bench:echo/host@1.0.0", "call")
declare function call(ptr: usize, len: usize, result: usize): void;

/** The request's memory becomes the answer's; `afterAnswer` frees it. */
export function echo(ptr: usize, len: usize): usize {
  store<u8>(answer, 0);
  store<usize>(answer, ptr, 4);
  store<usize>(answer, len, 8);
  return answer;
}

/** The host's answer is laid out as ours: pass it on as it is. */
export function relay(ptr: usize, len: usize): usize {
  call(ptr, len, answer);
  heap.free(ptr);
  return answer;
}

export function afterAnswer(area: usize): void {
  const ptr = load<usize>(area, 4);
  if (ptr != 0) heap.free(ptr);
}

/** Outside the garbage collector. */
export function realloc(old: usize, oldSize: usize, align: usize, newSize: usize): usize {
  return old == 0 ? heap.alloc(newSize) : heap.realloc(old, newSize);
}

// The standard abort is an import that no component has.
// @ts-ignore: decorator
@global
function trapOnAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}
