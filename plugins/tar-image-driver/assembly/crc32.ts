// CRC-32 as gzip has it (RFC 1952, section 8), eight bytes at a time.

const TABLES = new StaticArray<u32>(8 * 256);

for (let i = 0; i < 256; ++i) {
  let crc: u32 = i;
  for (let bit = 0; bit < 8; ++bit) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
  TABLES[i] = crc;
}
for (let i = 256; i < 8 * 256; ++i) TABLES[i] = (TABLES[i - 256] >> 8) ^ TABLES[TABLES[i - 256] & 0xff];

// @ts-ignore: decorator
@inline function entry(table: i32, index: u32): u32 {
  return unchecked(TABLES[(table << 8) + <i32>(index & 0xff)]);
}

/** @param crc - of what came before, 0 at the start. */
export function crc32(crc: u32, from: usize, size: i32): u32 {
  let c = ~crc;
  let at = from;
  const end = from + size;
  for (; at + 8 <= end; at += 8) {
    const low = load<u32>(at) ^ c;
    const high = load<u32>(at, 4);
    c = entry(7, low) ^ entry(6, low >> 8) ^ entry(5, low >> 16) ^ entry(4, low >> 24) ^
      entry(3, high) ^ entry(2, high >> 8) ^ entry(1, high >> 16) ^ entry(0, high >> 24);
  }
  for (; at < end; ++at) c = entry(0, c ^ load<u8>(at)) ^ (c >> 8);
  return ~c;
}
