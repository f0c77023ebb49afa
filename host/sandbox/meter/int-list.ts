/** A list of 32-bit integers that grows: four bytes each, where an array of numbers may take sixteen. */
export class IntList {
  #values: Int32Array;
  length = 0;

  constructor(capacity = 64) {
    this.#values = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      this.#grow(this.length + 1);
    }
    this.#values[this.length++] = value;
  }

  pop(): number {
    return this.#values[--this.length]!;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  #grow(needed: number): void {
    const larger = new Int32Array(Math.max(needed, this.#values.length * 2));
    larger.set(this.#values);
    this.#values = larger;
  }
}
