/**
 * The bytes that are put into code: charges, and checks.
 *
 *   epoch    i32.const 0; i32.atomic.load; if; unreachable; end
 *   fuel     global.get; i64.const 0; i64.lt_s; if; unreachable; end
 *   slices   global.get; i64.const 0; i64.lt_s; if; call tick; if; unreachable; end; end
 *
 * The trap stands in the code itself. A call there, even one that is never made, keeps V8 from unrolling the loop: 2.6 times the time
 * of a hash loop, where this takes 1.01. The load is atomic because the watchdog's store must be seen at some time.
 *
 * A function with loops keeps the fuel in a local of its own, from where it goes back to the global whenever somebody else may
 * look at it, except before traps of the guest's own: what it used since it last called or was called is not told then. V8 does
 * not keep globals in registers: a sieve takes 1.6 times as long with them, and 1.2 with locals.
 *
 * Nothing here changes the operands that are on the stack, so it can stand before any operator.
 */
import { leb } from '../wasm-bytes.js';
import type { Meter, MeterIndices } from './meter.js';

const CODE = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i64Const: 0x42,
  i64LtS: 0x53,
  i64Sub: 0x7d,
  noValue: 0x40,
} as const;
const TRAP = [CODE.if, CODE.noValue, CODE.unreachable, CODE.end];
const I32_ATOMIC_LOAD = [0xfe, 0x10];
/** Alignment of four bytes; with the other bit a memory index follows. */
const ALIGNED = 0x02;
const MEMORY_INDEX_FOLLOWS = 0x40;
const NOTHING = new Uint8Array();

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

/** Fuel is counted for its own sake, or in slices of time. */
export function isCounting({ deadline, fuel }: Meter): boolean {
  return fuel || deadline === 'slices';
}

/** What is put into one module's functions, in its index space. */
export class CheckCode {
  /** For functions that count in the global. */
  readonly onGlobal: FunctionCode;
  readonly #parts: CodeParts;

  constructor(meter: Meter, indices: MeterIndices) {
    this.#parts = {
      counting: isCounting(meter),
      get: [CODE.globalGet, ...leb(indices.fuelGlobal)],
      set: [CODE.globalSet, ...leb(indices.fuelGlobal)],
      tick: meter.deadline === 'slices' ? [CODE.call, ...leb(indices.tickFunction), ...TRAP] : undefined,
      epoch: meter.deadline === 'epoch' ? epochLoad(indices.epochMemory) : undefined,
    };
    this.onGlobal = new FunctionCode(this.#parts, undefined);
  }

  /** For functions that count in this local, an i64. */
  onLocal(index: number): FunctionCode {
    return new FunctionCode(this.#parts, index);
  }
}

interface CodeParts {
  readonly counting: boolean;
  /** Of the global. */
  readonly get: readonly number[];
  readonly set: readonly number[];
  /** Call the host, and trap if it says so. */
  readonly tick: readonly number[] | undefined;
  /** Load the cell. */
  readonly epoch: readonly number[] | undefined;
}

/** What is put into one function. Each sequence is made once and shared. */
export class FunctionCode {
  /** Where the function is left, for a while or for good, and where it goes on or starts. */
  readonly leave: Uint8Array;
  readonly enter: Uint8Array;
  readonly #parts: CodeParts;
  readonly #local: readonly number[] | undefined;
  readonly #made = new Map<number, Uint8Array>();

  constructor(parts: CodeParts, local: number | undefined) {
    this.#parts = parts;
    this.#local = local === undefined ? undefined : leb(local);
    this.leave = Uint8Array.from(this.#handOver());
    this.enter = Uint8Array.from(this.#takeOver());
  }

  /** What stands where a stretch begins, or a check. */
  at(units: number, check: boolean): Uint8Array {
    if (units === 0 && !check) {
      return NOTHING;
    }
    const key = units * 2 + (check ? 1 : 0);
    let bytes = this.#made.get(key);
    if (bytes === undefined) {
      bytes = Uint8Array.from(check ? [...this.#chargeAndCheck(units), ...this.#checkEpoch()] : this.charge(units));
      this.#made.set(key, bytes);
    }
    return bytes;
  }

  charge(units: number): readonly number[] {
    return units === 0 ? [] : this.chargeOperand([CODE.i64Const, ...signedLeb(units)]);
  }

  /** Charge what `operand` leaves on the stack, an i64. */
  chargeOperand(operand: readonly number[]): readonly number[] {
    return this.#parts.counting ? [...this.#get(), ...operand, CODE.i64Sub, ...this.#set()] : [];
  }

  #chargeAndCheck(units: number): readonly number[] {
    const { counting, tick } = this.#parts;
    if (!counting) {
      return [];
    }
    const local = this.#local;
    const left =
      local === undefined || units === 0
        ? [...this.charge(units), ...this.#get()]
        : [CODE.localGet, ...local, CODE.i64Const, ...signedLeb(units), CODE.i64Sub, CODE.localTee, ...local];
    const stop = tick === undefined ? [CODE.unreachable] : [...tick, ...this.#takeOver()];
    return [...left, CODE.i64Const, 0, CODE.i64LtS, CODE.if, CODE.noValue, ...this.#handOver(), ...stop, CODE.end];
  }

  #checkEpoch(): readonly number[] {
    const { epoch } = this.#parts;
    return epoch === undefined
      ? []
      : [...epoch, CODE.if, CODE.noValue, ...this.#handOver(), CODE.unreachable, CODE.end];
  }

  #get(): readonly number[] {
    return this.#local === undefined ? this.#parts.get : [CODE.localGet, ...this.#local];
  }

  #set(): readonly number[] {
    return this.#local === undefined ? this.#parts.set : [CODE.localSet, ...this.#local];
  }

  #handOver(): readonly number[] {
    return this.#local === undefined ? [] : [...this.#get(), ...this.#parts.set];
  }

  #takeOver(): readonly number[] {
    return this.#local === undefined ? [] : [...this.#parts.get, ...this.#set()];
  }
}

function epochLoad(memory: number): number[] {
  const place = memory === 0 ? [ALIGNED, 0] : [ALIGNED | MEMORY_INDEX_FOLLOWS, ...leb(memory), 0];
  return [CODE.i32Const, 0, ...I32_ATOMIC_LOAD, ...place];
}
