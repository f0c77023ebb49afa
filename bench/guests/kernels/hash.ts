// FNV-1a over a buffer: the tightest loop that a plugin may have.

const SIZE = 1 << 18;
const buffer = new StaticArray<u8>(SIZE);

for (let i = 0; i < SIZE; i++) buffer[i] = <u8>(i * 7 + (i >> 8));

export function run(rounds: i32): i32 {
  let hash: u32 = 0x811c9dc5;
  for (let round = 0; round < rounds; round++) hash = fnv(hash);
  return hash;
}

function fnv(seed: u32): u32 {
  let hash = seed;
  for (let i = 0; i < SIZE; i++) hash = (hash ^ unchecked(buffer[i])) * 0x01000193;
  return hash;
}
