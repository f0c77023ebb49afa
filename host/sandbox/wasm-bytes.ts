/** The few encodings that writing a core module needs. */

const utf8 = new TextEncoder();

/** Unsigned LEB128 of an integer below 2^32. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
  return bytes;
}

/** A name: UTF-8 with its length in front. */
export function text(value: string): Uint8Array {
  const bytes = utf8.encode(value);
  return concat([leb(bytes.byteLength), bytes]);
}

/** A section: id, size, contents. */
export function section(id: number, parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const body = concat(parts);
  return concat([[id], leb(body.byteLength), body]);
}

/** All parts in one new array. */
export function concat(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
