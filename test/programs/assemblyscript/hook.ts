// The core-level shape of one hook, shared by the programs here.

const FAIL = "fail:";

/** Where the host reads an answer: tag at 0, pointer at 4, length at 8. */
const resultArea = memory.data(12, 4);

/** Memory that the host fills. It is outside the garbage collector: `release` frees it. */
export function allocate(old: usize, oldSize: usize, align: usize, newSize: usize): usize {
  return old == 0 ? heap.alloc(newSize) : heap.realloc(old, newSize);
}

export function release(ptr: usize): void {
  if (ptr != 0) heap.free(ptr);
}

/** Store an answer that `afterAnswer` frees. */
export function answer(isError: bool, ptr: usize, len: usize): usize {
  store<u8>(resultArea, isError);
  store<usize>(resultArea, ptr, 4);
  store<usize>(resultArea, len, 8);
  return resultArea;
}

export function afterAnswer(area: usize): void {
  release(load<usize>(area, 4));
}

/** Whether the bytes start with the ASCII text. */
export function startsWith(ptr: usize, len: usize, text: string): bool {
  if (len < <usize>text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (load<u8>(ptr + i) != text.charCodeAt(i)) return false;
  }
  return true;
}

/** The echo itself; takes over the request. */
export function echo(ptr: usize, len: usize): usize {
  if (!startsWith(ptr, len, FAIL)) return answer(false, ptr, len);
  const rest = len - FAIL.length;
  memory.copy(ptr, ptr + FAIL.length, rest);
  return answer(true, ptr, rest);
}
