// The product of two square matrices of floating-point numbers.

const SIZE = 100;
const a = new StaticArray<f64>(SIZE * SIZE);
const b = new StaticArray<f64>(SIZE * SIZE);
const product = new StaticArray<f64>(SIZE * SIZE);

for (let i = 0; i < SIZE * SIZE; i++) {
  a[i] = <f64>((i * 7) % 13) - 6.0;
  b[i] = <f64>((i * 11) % 17) - 8.0;
}

export function run(rounds: i32): i32 {
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    a[0] = <f64>(round & 31);
    multiply();
    for (let i = 0; i < SIZE; i++) sum = sum * 31 + <i32>product[i * SIZE + i];
  }
  return sum;
}

function multiply(): void {
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      let sum = 0.0;
      for (let k = 0; k < SIZE; k++) sum += unchecked(a[row * SIZE + k]) * unchecked(b[k * SIZE + column]);
      unchecked((product[row * SIZE + column] = sum));
    }
  }
}
