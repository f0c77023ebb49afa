// Primes below a bound, by Eratosthenes.

const BOUND = 1 << 17;
const composite = new StaticArray<u8>(BOUND);

export function run(rounds: i32): i32 {
  let sum = 0;
  for (let round = 0; round < rounds; round++) sum = sum * 31 + countPrimes(BOUND - (round & 7));
  return sum;
}

function countPrimes(bound: i32): i32 {
  for (let i = 0; i < bound; i++) unchecked((composite[i] = 0));
  let count = 0;
  for (let i = 2; i < bound; i++) {
    if (unchecked(composite[i]) != 0) continue;
    count++;
    for (let j = i + i; j < bound; j += i) unchecked((composite[j] = 1));
  }
  return count;
}
