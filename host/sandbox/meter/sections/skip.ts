/** Steps over parts of a module that V8 has validated. */
import type { Reader } from '../../../component/index.js';

const REF = 0x64;
const REF_NULL = 0x63;
const CONTINUE = 0x80;

/** @returns the type's first byte; 0x63 and 0x64 are followed by a heap type. */
export function skipValueType(reader: Reader): number {
  const type = reader.u8();
  if (type === REF || type === REF_NULL) {
    skipLeb(reader);
  }
  return type;
}

export function skipLeb(reader: Reader): void {
  while (reader.u8() >= CONTINUE) {
    // Continuation bytes.
  }
}

/** A list of bytes with its length in front: a name, the contents of a data segment. */
export function skipBytes(reader: Reader): void {
  reader.range(reader.u32(), 'a list of bytes');
}
