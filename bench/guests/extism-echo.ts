// The same two functions for Extism. It keeps messages outside the guest's memory, so they are copied in and out word by word, as
// its PDKs do.

// @ts-ignore: decorator
@external("extism:host/env", "input_length")
declare function inputLength(): u64;
// @ts-ignore: decorator
@external("extism:host/env", "input_load_u8")
declare function inputLoad8(offset: u64): u32;
// @ts-ignore: decorator
@external("extism:host/env", "input_load_u64")
declare function inputLoad64(offset: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "alloc")
declare function allocBlock(length: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "free")
declare function freeBlock(offset: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "length")
declare function lengthOf(offset: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "load_u8")
declare function load8(offset: u64): u32;
// @ts-ignore: decorator
@external("extism:host/env", "load_u64")
declare function load64(offset: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "store_u8")
declare function store8(offset: u64, value: u32): void;
// @ts-ignore: decorator
@external("extism:host/env", "store_u64")
declare function store64(offset: u64, value: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "output_set")
declare function outputSet(offset: u64, length: u64): void;
/** The one capability: block in, block out. */
// @ts-ignore: decorator
@external("extism:host/user", "call")
declare function call(offset: u64): u64;

const WORD = 8;

export function echo(): i32 {
  const len = <usize>inputLength();
  const ptr = readInput(len);
  outputSet(writeBlock(ptr, len), len);
  heap.free(ptr);
  return 0;
}

export function relay(): i32 {
  const len = <usize>inputLength();
  const request = readInput(len);
  const asked = writeBlock(request, len);
  const answered = call(asked);
  freeBlock(asked);
  heap.free(request);
  const answerLen = <usize>lengthOf(answered);
  const answer = readBlock(answered, answerLen);
  freeBlock(answered);
  outputSet(writeBlock(answer, answerLen), answerLen);
  heap.free(answer);
  return 0;
}

function readInput(len: usize): usize {
  const ptr = heap.alloc(len);
  const words = len & ~(WORD - 1);
  for (let i: usize = 0; i < words; i += WORD) store<u64>(ptr + i, inputLoad64(i));
  for (let i = words; i < len; i++) store<u8>(ptr + i, inputLoad8(i));
  return ptr;
}

function readBlock(offset: u64, len: usize): usize {
  const ptr = heap.alloc(len);
  const words = len & ~(WORD - 1);
  for (let i: usize = 0; i < words; i += WORD) store<u64>(ptr + i, load64(offset + i));
  for (let i = words; i < len; i++) store<u8>(ptr + i, load8(offset + i));
  return ptr;
}

function writeBlock(ptr: usize, len: usize): u64 {
  const offset = allocBlock(len);
  const words = len & ~(WORD - 1);
  for (let i: usize = 0; i < words; i += WORD) store64(offset + i, load<u64>(ptr + i));
  for (let i = words; i < len; i++) store8(offset + i, load<u8>(ptr + i));
  return offset;
}

// @ts-ignore: decorator
@global
function trapOnAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}
