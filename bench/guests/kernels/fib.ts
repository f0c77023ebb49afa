// The worst way to compute Fibonacci numbers: calls and nothing else.

export function run(rounds: i32): i32 {
  let sum = 0;
  for (let round = 0; round < rounds; round++) sum = sum * 31 + fib(23 + (round & 1));
  return sum;
}

function fib(n: i32): i32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
