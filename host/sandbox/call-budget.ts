/**
 * What one call may still use: wall time, fuel, calls to the host; and whether its caller still wants the answer.
 *
 * Guest code sees the end of it as a trap at one of the checks that the meter put in, or when it calls the host. Both are told
 * here, since a trap itself cannot say why it happened.
 */
import type { PluginErrorCode } from '../errors/index.js';
import type { Deadline } from './deadline/index.js';
import type { SandboxLimits } from './limits.js';
import type { Meter } from './meter/index.js';
import type { CallOptions } from './options.js';
import { type WasmGlobal, wasm } from './web-assembly.js';

/** Fuel between two looks at the clock, where code cannot read the epoch cell: some 50 us of work. */
const SLICE = 100_000n;

/** The reason why a call was ended from outside. An Error, so that it can be thrown through the guest. */
export class Stop extends Error {
  readonly code: PluginErrorCode;
  readonly hint: string | undefined;

  /** @param text - goes after `Cannot call …: `. */
  constructor(code: PluginErrorCode, text: string, hint?: string) {
    super(text);
    this.code = code;
    this.hint = hint;
  }
}

/** Of one instance, for one call after the other. */
export class CallBudget {
  /** What rewritten code counts down, where it does. */
  readonly fuelGlobal: WasmGlobal | undefined;
  /** Calls to the host in this call, so far. */
  hostCalls = 0;
  /** In all calls before. */
  #earlierHostCalls = 0;
  #earlierFuel = 0;
  readonly #limits: SandboxLimits;
  readonly #deadline: Deadline | undefined;
  /** Fuel is counted, rather than only used to tell time. */
  readonly #counted: boolean;
  #signal: AbortSignal | undefined;
  #fuel = 0n;
  /** Fuel of this call that has not been put into the global yet. */
  #reserve = 0n;
  readonly #slices: boolean;

  /** @param deadline - undefined where another thread watches the time. */
  constructor(limits: SandboxLimits, meter: Meter, deadline: Deadline | undefined) {
    this.#limits = limits;
    this.#deadline = deadline;
    this.#counted = meter.fuel;
    this.#slices = meter.deadline === 'slices';
    if (this.#counted || this.#slices) {
      this.fuelGlobal = new wasm.Global({ value: 'i64', mutable: true }, 0n);
    }
  }

  /** @throws Stop if the caller has given up already; nothing has happened then. */
  admit(options: CallOptions | undefined): void {
    if (options?.signal?.aborted === true) {
      throw aborted();
    }
  }

  /** A call starts. {@link end} must follow. @throws PluginError as {@link Deadline.enter}; then it must not. */
  begin(options: CallOptions | undefined): void {
    this.#deadline?.enter(smaller(options?.deadlineMs, this.#limits.deadlineMs));
    this.#earlierHostCalls += this.hostCalls;
    this.hostCalls = 0;
    this.#signal = options?.signal;
    if (this.#counted) {
      this.#earlierFuel += this.fuelUsed() ?? 0;
      this.#fill(BigInt(smaller(options?.fuel, this.#limits.fuel ?? 0)));
    }
  }

  end(): void {
    this.#deadline?.leave();
    this.#signal = undefined;
  }

  /** The guest calls the host. @throws Stop if it may not any more. */
  hostCall(): void {
    if (this.#signal?.aborted === true) {
      throw aborted();
    }
    const expiredMs = this.#deadline?.expired();
    if (expiredMs !== undefined) {
      throw outOfTime(expiredMs);
    }
    if (++this.hostCalls > this.#limits.capabilityCalls) {
      throw new Stop('LIMIT_EXCEEDED', `more than ${this.#limits.capabilityCalls} calls to the host in one call`);
    }
  }

  /** After a trap: whether the meter caused it. */
  stopped(): Stop | undefined {
    const expiredMs = this.#deadline?.expired();
    if (expiredMs !== undefined) {
      return outOfTime(expiredMs);
    }
    return this.#isSpent() ? this.#outOfFuel() : undefined;
  }

  /** The guest is done. @throws Stop if that took more fuel than it had: behind the last check nothing in its code looks. */
  settle(): void {
    if (this.#isSpent()) {
      throw this.#outOfFuel();
    }
  }

  /** Units that the call has used; undefined where they are not counted. Never more than the call had. */
  fuelUsed(): number | undefined {
    if (!this.#counted) {
      return undefined;
    }
    const used = this.#fuel - this.#reserve - this.#left();
    const over = used > this.#fuel;
    return Number(over ? this.#fuel : used);
  }

  /** Of all calls together. */
  totalHostCalls(): number {
    return this.#earlierHostCalls + this.hostCalls;
  }

  /** Of all calls together; undefined where it is not counted. */
  totalFuelUsed(): number | undefined {
    const used = this.fuelUsed();
    return used === undefined ? undefined : this.#earlierFuel + used;
  }

  /**
   * What rewritten code calls when its slice is used up.
   *
   * @returns 1 if it must trap.
   */
  readonly tick = (): number => {
    if (this.#deadline?.expired() !== undefined) {
      return 1;
    }
    const global = this.fuelGlobal!;
    if (!this.#counted) {
      global.value += SLICE;
      return 0;
    }
    // A block may have cost more than a slice.
    const missing = SLICE - this.#left();
    const portion = missing < this.#reserve ? missing : this.#reserve;
    this.#reserve -= portion;
    global.value += portion;
    return global.value < 0n ? 1 : 0;
  };

  #fill(fuel: bigint): void {
    const portion = this.#slices && fuel > SLICE ? SLICE : fuel;
    this.#fuel = fuel;
    this.#reserve = fuel - portion;
    this.fuelGlobal!.value = portion;
  }

  #isSpent(): boolean {
    return this.#counted && this.#reserve + this.#left() < 0n;
  }

  #outOfFuel(): Stop {
    return new Stop(
      'FUEL_EXHAUSTED',
      `it used up its ${this.#fuel} units of fuel`,
      'Raise the fuel limit for this plugin, or give it less to do.',
    );
  }

  #left(): bigint {
    return this.fuelGlobal!.value;
  }
}

function smaller(wanted: number | undefined, limit: number): number {
  return wanted === undefined || wanted > limit ? limit : wanted;
}

export function aborted(): Stop {
  return new Stop('CALL_ABORTED', 'the caller gave up');
}

export function outOfTime(ms: number): Stop {
  return new Stop(
    'DEADLINE_EXCEEDED',
    `it ran longer than ${ms} ms`,
    'Raise the deadline if the plugin does honest work, disable it if not.',
  );
}
