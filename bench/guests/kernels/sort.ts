// The same numbers sorted twice: by a quicksort of our own, and by the library, which calls a function for each comparison.

const COUNT = 4000;
const LIBRARY_COUNT = 1500;
const SMALL = 12;
const numbers = new StaticArray<i32>(COUNT);
const more = new StaticArray<i32>(LIBRARY_COUNT);

export function run(rounds: i32): i32 {
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    fill(numbers, round);
    quicksort(0, COUNT - 1);
    sum = sum * 31 + checksum(numbers);
    fill(more, round + 1);
    more.sort((a, b) => a - b);
    sum = sum * 31 + checksum(more);
    // The library's sort has made itself a copy.
    __collect();
  }
  return sum;
}

function fill(array: StaticArray<i32>, seed: i32): void {
  let state: u32 = 0x2545f491 + seed;
  for (let i = 0; i < array.length; i++) {
    state = state * 1664525 + 1013904223;
    array[i] = <i32>(state >> 8);
  }
}

function quicksort(from: i32, to: i32): void {
  if (to - from < SMALL) {
    insertionSort(from, to);
    return;
  }
  const pivot = unchecked(numbers[(from + to) >> 1]);
  let low = from;
  let high = to;
  while (low <= high) {
    while (unchecked(numbers[low]) < pivot) low++;
    while (unchecked(numbers[high]) > pivot) high--;
    if (low <= high) {
      const kept = unchecked(numbers[low]);
      unchecked((numbers[low] = numbers[high]));
      unchecked((numbers[high] = kept));
      low++;
      high--;
    }
  }
  quicksort(from, high);
  quicksort(low, to);
}

function insertionSort(from: i32, to: i32): void {
  for (let i = from + 1; i <= to; i++) {
    const value = unchecked(numbers[i]);
    let j = i - 1;
    while (j >= from && unchecked(numbers[j]) > value) {
      unchecked((numbers[j + 1] = numbers[j]));
      j--;
    }
    unchecked((numbers[j + 1] = value));
  }
}

/** Traps where the order is wrong. */
function checksum(array: StaticArray<i32>): i32 {
  let sum = 0;
  for (let i = 0; i < array.length; i++) {
    if (i > 0 && array[i] < array[i - 1]) unreachable();
    sum = sum * 31 + array[i];
  }
  return sum;
}
