// One 512-byte header of a tar archive: POSIX ustar, GNU's variant of it, and what was there before (v7).
import { textOf, utf8 } from "@wasm-plugin/assemblyscript";
import { problem } from "./problem";

export const BLOCK: i32 = 512;

const CHECKSUM_AT: i32 = 148;
const CHECKSUM_SIZE: i32 = 8;

export const enum Format {
  None,
  V7,
  Ustar,
  Gnu,
}

/** Whether a block is all zeros, as the two at the end are. */
export function isZero(block: Uint8Array): bool {
  const start = block.dataStart;
  for (let at = 0; at < BLOCK; at += 8) {
    if (load<u64>(start + at) != 0) return false;
  }
  return true;
}

/** What kind of header a block is, if its checksum is right. */
export function formatOf(block: Uint8Array): Format {
  if (block.length < BLOCK || isZero(block)) return Format.None;
  const wanted = numberAt(block, CHECKSUM_AT, CHECKSUM_SIZE);
  // Some old programs added bytes with their sign.
  if (wanted != sumOf<u8>(block.dataStart) && wanted != sumOf<i8>(block.dataStart)) return Format.None;
  const magic = String.UTF8.decodeUnsafe(block.dataStart + 257, 6);
  if (magic == "ustar\0") return Format.Ustar;
  return magic == "ustar " ? Format.Gnu : Format.V7;
}

/** All bytes, those of the sum itself as spaces. */
function sumOf<T>(start: usize): i64 {
  let sum: i64 = CHECKSUM_SIZE * 0x20;
  for (let i = 0; i < CHECKSUM_AT; ++i) sum += load<T>(start + i);
  for (let i = CHECKSUM_AT + CHECKSUM_SIZE; i < BLOCK; ++i) sum += load<T>(start + i);
  return sum;
}

/** Not a number, or one that no field has. */
export const NO_NUMBER: i64 = i64.MIN_VALUE;

/** Octal text, or, with the first bit set, GNU's big-endian binary. */
export function numberAt(block: Uint8Array, at: i32, size: i32): i64 {
  const first = block[at];
  if (first & 0x80) return binaryAt(block, at, size);
  let i = at;
  const end = at + size;
  while (i < end && block[i] == 0x20) ++i;
  let value: i64 = 0;
  for (; i < end && block[i] != 0 && block[i] != 0x20; ++i) {
    if (block[i] < 0x30 || block[i] > 0x37) return NO_NUMBER;
    value = (value << 3) | (block[i] - 0x30);
  }
  return value;
}

function binaryAt(block: Uint8Array, at: i32, size: i32): i64 {
  // 0x80 starts a positive number, 0xff a negative one.
  if (block[at] != 0x80 && block[at] != 0xff) return NO_NUMBER;
  let value: i64 = block[at] == 0xff ? -1 : 0;
  for (let i = at + 1; i < at + size; ++i) {
    const shifted = (value << 8) | block[i];
    if (shifted >> 8 != value) return NO_NUMBER;
    value = shifted;
  }
  return value;
}

/** Text up to a NUL, or null with a problem if it is not UTF-8, as paths are here. */
export function textAt(bytes: Uint8Array, at: i32, size: i32): string | null {
  const start = bytes.dataStart + at;
  let length = 0;
  while (length < size && load<u8>(start + length) != 0) ++length;
  const text = textOf(bytes.subarray(at, at + length));
  const again = utf8(text);
  if (again.length != length || memory.compare(again.dataStart, start, length) != 0) {
    problem('the name "' + text + '" is not UTF-8');
    return null;
  }
  return text;
}
