// Words counted in a map: strings are made, hashed, compared and collected.

const WORDS = 2500;
const DISTINCT: u32 = 300;

export function run(rounds: i32): i32 {
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    sum = sum * 31 + countWords(<u32>round & 7);
    // The minimal runtime collects when it is told to, and only where no reference is on the stack.
    __collect();
  }
  return sum;
}

function countWords(seed: u32): i32 {
  const counts = new Map<string, i32>();
  let state: u32 = 0x9e3779b9 + seed;
  for (let i = 0; i < WORDS; i++) {
    state = state * 1664525 + 1013904223;
    const word = "word-" + ((state >> 16) % DISTINCT).toString();
    counts.set(word, counts.has(word) ? counts.get(word) + 1 : 1);
  }
  let sum = 0;
  const words = counts.keys();
  for (let i = 0; i < words.length; i++) sum = sum * 31 + words[i].length * counts.get(words[i]);
  return sum;
}
