// Iterations until each point of a grid leaves the circle of radius two.

const SIZE = 64;
const LIMIT = 120;

export function run(rounds: i32): i32 {
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    const shift = <f64>(round & 15) / 64.0;
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        sum = sum * 31 + iterations((<f64>x / SIZE) * 3.0 - 2.0 + shift, (<f64>y / SIZE) * 2.0 - 1.0);
      }
    }
  }
  return sum;
}

function iterations(cr: f64, ci: f64): i32 {
  let r = 0.0;
  let i = 0.0;
  let count = 0;
  while (count < LIMIT) {
    const rr = r * r;
    const ii = i * i;
    if (rr + ii > 4.0) break;
    i = 2.0 * r * i + ci;
    r = rr - ii + cr;
    count++;
  }
  return count;
}
