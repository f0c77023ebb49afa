/**
 * The bytes that are put into code: what is charged where a stretch begins, and checks.
 *
 *   epoch    i32.const 0; i32.atomic.load; if; unreachable; end
 *   fuel     global.get; i64.const 0; i64.lt_s; if; unreachable; end
 *   slices   global.get; i64.const 0; i64.lt_s; if; call tick; if; unreachable; end; end
 *
 * The trap stands in the code itself. A call there, even one that is never made, keeps V8 from unrolling the loop: 2.6 times the time
 * of a hash loop, where this takes 1.01. The load is atomic because the watchdog's store must be seen at some time.
 * None of them changes the operands that are on the stack, so they can stand before any operator.
 */
import { leb } from '../wasm-bytes.js';
import type { Meter, MeterIndices } from './meter.js';

const CODE = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i64Const: 0x42,
  i64LtS: 0x53,
  i64Sub: 0x7d,
  noValue: 0x40,
} as const;
const I32_ATOMIC_LOAD = [0xfe, 0x10];
/** Alignment of four bytes; with this bit a memory index follows. */
const ALIGNED = 2;
const MEMORY_INDEX_FOLLOWS = 0x40;

/** Signed LEB128 of a 32-bit integer. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (;;) {
    const low = left & 0x7f;
    left >>= 7;
    if ((left === 0 && low < 0x40) || (left === -1 && low >= 0x40)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

/** What is put into code of one module, in its index space. Each sequence is made once and shared. */
export class CheckCode {
  readonly #counting: boolean;
  readonly #fuelGlobal: readonly number[];
  readonly #check: readonly number[];
  readonly #made = new Map<number, Uint8Array>();

  constructor(meter: Meter, indices: MeterIndices) {
    this.#counting = isCounting(meter);
    this.#fuelGlobal = this.#counting ? leb(indices.fuelGlobal) : [];
    this.#check = [
      ...(this.#counting ? this.#fuelCheck(meter, indices) : []),
      ...(meter.deadline === 'epoch' ? epochCheck(indices.epochMemory) : []),
    ];
  }

  /** What stands where a stretch begins. */
  at(units: number, check: boolean): Uint8Array {
    const key = units * 2 + (check ? 1 : 0);
    let bytes = this.#made.get(key);
    if (bytes === undefined) {
      bytes = Uint8Array.from([...this.charge(units), ...(check ? this.#check : [])]);
      this.#made.set(key, bytes);
    }
    return bytes;
  }

  /** Charge a number of units that is known; no bytes where nothing is counted. */
  charge(units: number): readonly number[] {
    return units === 0 ? [] : this.chargeOperand([CODE.i64Const, ...signedLeb(units)]);
  }

  /** Charge what `operand` leaves on the stack, an i64. */
  chargeOperand(operand: readonly number[]): readonly number[] {
    const global = this.#fuelGlobal;
    return this.#counting ? [CODE.globalGet, ...global, ...operand, CODE.i64Sub, CODE.globalSet, ...global] : [];
  }

  #fuelCheck({ deadline }: Meter, { tickFunction }: MeterIndices): number[] {
    const trap = [CODE.if, CODE.noValue, CODE.unreachable, CODE.end];
    const act =
      deadline === 'slices' ? [CODE.if, CODE.noValue, CODE.call, ...leb(tickFunction), ...trap, CODE.end] : trap;
    return [CODE.globalGet, ...this.#fuelGlobal, CODE.i64Const, 0, CODE.i64LtS, ...act];
  }
}

/** Fuel is counted for its own sake, or in slices of time. */
export function isCounting({ deadline, fuel }: Meter): boolean {
  return fuel || deadline === 'slices';
}

function epochCheck(memory: number): number[] {
  const place = memory === 0 ? [ALIGNED, 0] : [ALIGNED | MEMORY_INDEX_FOLLOWS, ...leb(memory), 0];
  return [CODE.i32Const, 0, ...I32_ATOMIC_LOAD, ...place, CODE.if, CODE.noValue, CODE.unreachable, CODE.end];
}
