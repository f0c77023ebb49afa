import type { CallResult, Usage } from '../sandbox/index.js';

/** What one call used. */
export interface CallUsage {
  /** From when an instance took the call until it answered, in milliseconds; waiting in the queue is not in it. */
  readonly wallMs: number;
  /**
   * Processor time in milliseconds. In a thread: of that thread; undefined where Node cannot tell (before 23.9). Inline: of the
   * calling thread, or where Node cannot tell, of the whole process, other threads included.
   */
  readonly cpuMs: number | undefined;
  /** Units of work; undefined where fuel is not counted. */
  readonly fuel: number | undefined;
  /** Linear memory that the instance holds in bytes. It never shrinks, so this is its peak too. */
  readonly memoryBytes: number;
  /** Calls to the host, capabilities and WASI functions alike. */
  readonly capabilityCalls: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** What a plugin has done since it was loaded; a copy. */
export interface Totals {
  /** Calls that an instance was to serve; those refused before (closed, quarantined, aborted in the queue) are not in it. */
  readonly calls: number;
  /** Of them, those that ended in the error arm or without an answer. */
  readonly failures: number;
  /** Instances that ended by a failure, those included that failed to start. */
  readonly deaths: number;
  /** Instances made. */
  readonly instances: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Calls to the host, capabilities and WASI functions alike. */
  readonly capabilityCalls: number;
  /** Undefined where fuel is not counted. */
  readonly fuel: number | undefined;
  /** The most that one instance held, in bytes. */
  readonly peakMemoryBytes: number;
  /** All calls together, in milliseconds. Inline undefined without the option `ledger`: looking at the clock costs too much. */
  readonly wallMs: number | undefined;
  /**
   * Processor time of all calls together, in milliseconds. Undefined inline, where asking for it costs more than a short call (`measure`
   * does so for one), and in a thread where Node cannot tell (before 23.9).
   */
  readonly cpuMs: number | undefined;
}

/** An instance that adds up by itself what its calls use. */
export interface Counting {
  totalUsage(): Usage;
}

/** Adds up what calls use. Its counters are plain fields, because every call writes them. */
export class Ledger {
  calls = 0;
  failures = 0;
  deaths = 0;
  instances = 0;
  requestBytes = 0;
  #responseBytes = 0;
  #wallMs = 0;
  readonly #past = new UsageSum();
  /** Asked when somebody wants to know: asking after each call would cost a good part of a short one. */
  readonly #alive = new Set<Counting>();
  readonly #counts: { readonly fuel: boolean; readonly wall: boolean };

  /** @param counts - what is counted; the rest is told as undefined. */
  constructor(counts: { readonly fuel: boolean; readonly wall: boolean }) {
    this.#counts = counts;
  }

  /** A call has its answer, of either arm. */
  answered({ ok, payload }: CallResult): void {
    this.#responseBytes += payload.length;
    if (!ok) {
      this.failures++;
    }
  }

  took(wallMs: number): void {
    this.#wallMs += wallMs;
  }

  /** What something used that does not count by itself. */
  used(usage: Usage): void {
    this.#past.add(usage);
  }

  /** From now on `instance` is counted, by itself, until {@link unwatch}. */
  watch(instance: Counting): void {
    this.#alive.add(instance);
  }

  unwatch(instance: Counting): void {
    if (this.#alive.delete(instance)) {
      this.#past.add(instance.totalUsage());
    }
  }

  totals(): Totals {
    const sum = this.#past.copy();
    for (const instance of this.#alive) {
      sum.add(instance.totalUsage());
    }
    return {
      calls: this.calls,
      failures: this.failures,
      deaths: this.deaths,
      instances: this.instances,
      requestBytes: this.requestBytes,
      responseBytes: this.#responseBytes,
      capabilityCalls: sum.capabilityCalls,
      fuel: this.#counts.fuel ? sum.fuel : undefined,
      peakMemoryBytes: sum.peakMemoryBytes,
      wallMs: this.#counts.wall ? this.#wallMs : undefined,
      cpuMs: sum.cpuMs,
    };
  }
}

class UsageSum {
  capabilityCalls = 0;
  fuel = 0;
  peakMemoryBytes = 0;
  /** Undefined until somebody could tell. */
  cpuMs: number | undefined;

  add({ fuel, cpuMs, memoryBytes, capabilityCalls }: Usage): void {
    this.capabilityCalls += capabilityCalls;
    this.fuel += fuel ?? 0;
    this.peakMemoryBytes = Math.max(this.peakMemoryBytes, memoryBytes);
    if (cpuMs !== undefined) {
      this.cpuMs = (this.cpuMs ?? 0) + cpuMs;
    }
  }

  copy(): UsageSum {
    return Object.assign(new UsageSum(), this);
  }
}
