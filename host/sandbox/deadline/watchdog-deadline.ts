/** Deadlines by a watchdog thread and a cell in shared memory that guest code reads itself. */
import { Worker } from 'node:worker_threads';
import { PluginError } from '../../errors/index.js';
import type { WasmMemory } from '../web-assembly.js';
import { wasm } from '../web-assembly.js';
import { workerUrl } from '../worker-url.js';
import { type Deadline, MAX_NESTED_CALLS } from './deadline.js';
import { EPOCH, FIRING, generationAt, MAX_GENERATION, millisecondsAt, SLEEPING } from './watchdog-layout.js';

/** It holds two small arrays. */
const HEAP_MIB = 16;

export class WatchdogDeadline implements Deadline {
  readonly epoch: WasmMemory;
  readonly #cells: Int32Array;
  #depth = 0;
  #generation = 0;
  #watchdog: Worker | undefined;

  constructor() {
    this.epoch = new wasm.Memory({ initial: 1, maximum: 1, shared: true });
    this.#cells = new Int32Array(this.epoch.buffer);
    this.#start();
  }

  enter(ms: number): void {
    const depth = this.#depth;
    if (depth >= MAX_NESTED_CALLS || this.#watchdog === undefined) {
      this.#cannotEnter(depth);
    }
    const cells = this.#cells;
    const generation = this.#generation === MAX_GENERATION ? 1 : this.#generation + 1;
    this.#generation = generation;
    this.#depth = depth + 1;
    // Plain stores: two atomic ones cost as much as a tenth of a short call (bench/hook-call.ts). The watchdog sees them a little later at
    // worst, and waits for that before it goes to sleep.
    cells[millisecondsAt(depth)] = ms;
    cells[generationAt(depth)] = generation;
    if (cells[SLEEPING] !== 0) {
      Atomics.store(cells, SLEEPING, 0);
      Atomics.notify(cells, SLEEPING);
    }
  }

  leave(): void {
    this.#depth--;
    if (Atomics.exchange(this.#cells, generationAt(this.#depth), 0) < 0) {
      this.#clear();
    }
  }

  expired(): number | undefined {
    return this.#cells[EPOCH] === 0 ? undefined : this.#expiredMs();
  }

  sleep(ms: number): void {
    // The watchdog notifies whoever waits here.
    Atomics.wait(this.#cells, EPOCH, 0, ms);
  }

  #expiredMs(): number | undefined {
    for (let depth = 0; depth < this.#depth; depth++) {
      if (Atomics.load(this.#cells, generationAt(depth)) < 0) {
        return this.#cells[millisecondsAt(depth)];
      }
    }
    return undefined;
  }

  /** The call that has just ended was out of time: clear the cell, unless one around it is too. */
  #clear(): void {
    const cells = this.#cells;
    while (Atomics.load(cells, FIRING) !== 0) {
      Atomics.wait(cells, FIRING, 1, 1);
    }
    Atomics.store(cells, EPOCH, 0);
    // After the store: a call that the watchdog takes from here on sets the cell again by itself.
    if (this.#expiredMs() !== undefined) {
      Atomics.store(cells, EPOCH, 1);
    }
  }

  #cannotEnter(depth: number): void {
    if (depth >= MAX_NESTED_CALLS) {
      throw new PluginError(
        'LIMIT_EXCEEDED',
        `Cannot start a call inside ${depth} others: the limit is ${MAX_NESTED_CALLS}`,
      );
    }
    this.#start();
  }

  #start(): void {
    // A missing file would be told by an event, which never comes while a guest loops; workerUrl looks for it.
    const watchdog = new Worker(workerUrl('watchdog'), {
      workerData: this.epoch.buffer,
      env: {},
      execArgv: [],
      name: 'wasm-plugin watchdog',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: HEAP_MIB },
    });
    const gone = (): void => {
      if (this.#watchdog === watchdog) {
        this.#watchdog = undefined;
      }
    };
    watchdog.on('error', gone).on('exit', gone).unref();
    this.#watchdog = watchdog;
  }
}
