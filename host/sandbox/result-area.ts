/**
 * `result<list<u8>, list<u8>>` in guest memory: a tag byte, three bytes of padding, pointer, length; aligned to 4.
 * Canonical ABI, "Loading" and "Storing".
 */
import { PluginError } from '../errors/index.js';
import { outOfBounds } from './guest-memory.js';

const SIZE = 12;
const ALIGN_MASK = 3;
const POINTER_AT = 4;
const LENGTH_AT = 8;

/** @throws PluginError `GUEST_TRAP` unless a result area fits at `at`. */
export function checkResultArea(at: number, memorySize: number): void {
  if ((at & ALIGN_MASK) !== 0) {
    throw new PluginError('GUEST_TRAP', `Cannot pass a message: the result area at byte ${at} is not aligned to 4`);
  }
  if (memorySize < SIZE || at > memorySize - SIZE) {
    throw outOfBounds('the result area lies', at, SIZE, memorySize);
  }
}

/** 0 for the value, 1 for the error arm. @throws PluginError `GUEST_TRAP` for any other tag. */
export function readTag(bytes: Uint8Array, at: number): number {
  const tag = bytes[at]!;
  if (tag > 1) {
    throw new PluginError('GUEST_TRAP', `Cannot read the answer: its tag is ${tag}, where 0 or 1 must be`);
  }
  return tag;
}

export function readPointer(bytes: Uint8Array, at: number): number {
  return u32(bytes, at + POINTER_AT);
}

export function readLength(bytes: Uint8Array, at: number): number {
  return u32(bytes, at + LENGTH_AT);
}

/** Fill a result area that was checked before. */
export function writeResult(bytes: Uint8Array, at: number, ok: boolean, pointer: number, length: number): void {
  bytes[at] = ok ? 0 : 1;
  setU32(bytes, at + POINTER_AT, pointer);
  setU32(bytes, at + LENGTH_AT, length);
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function setU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
