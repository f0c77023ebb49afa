/**
 * The watchdog thread: sets the epoch cell when a call's time is up.
 *
 * It looks at the slots twice a millisecond while calls come in, and sleeps once none came for a while. Time counts from the look that saw a
 * call first, so arming one costs its thread two stores and no clock, and nothing is ever stopped early.
 */
import { workerData } from 'node:worker_threads';
import { MAX_NESTED_CALLS } from './deadline.js';
import { EPOCH, FIRING, generationAt, millisecondsAt, SLEEPING } from './watchdog-layout.js';

const POLL_MS = 0.5;
/** Looks without a call before it goes to sleep: waking it costs the caller some microseconds. */
const IDLE_LOOKS = 200;
/** Very much longer than a processor keeps a store to itself. */
const GRACE_MS = 10;

const cells = new Int32Array(workerData as SharedArrayBuffer);
/** By depth: the generation that was seen last, and since when. */
const seen = new Int32Array(MAX_NESTED_CALLS);
const since = new Float64Array(MAX_NESTED_CALLS);

let idleLooks = 0;
for (;;) {
  const waitMs = look(performance.now());
  idleLooks = waitMs === undefined ? idleLooks + 1 : 0;
  if (idleLooks > IDLE_LOOKS) {
    sleepUntilWoken();
    idleLooks = 0;
  } else {
    // On a cell that nobody notifies while calls run: this is how a thread waits without an event loop.
    Atomics.wait(cells, SLEEPING, 0, Math.min(POLL_MS, waitMs ?? POLL_MS));
  }
}

/** @returns milliseconds until the first running call is due; undefined if none runs. */
function look(now: number): number | undefined {
  let next: number | undefined;
  for (let depth = 0; depth < MAX_NESTED_CALLS; depth++) {
    const generation = Atomics.load(cells, generationAt(depth));
    if (generation === 0) {
      break;
    }
    if (generation < 0) {
      continue;
    }
    if (generation !== seen[depth]) {
      seen[depth] = generation;
      since[depth] = now;
    }
    const left = since[depth]! + cells[millisecondsAt(depth)]! - now;
    if (left <= 0) {
      fire(depth, generation);
    } else {
      next = Math.min(next ?? left, left);
    }
  }
  return next;
}

/** Unless the call has ended meanwhile. Its thread waits for FIRING to end before it clears the cell. */
function fire(depth: number, generation: number): void {
  Atomics.store(cells, FIRING, 1);
  if (Atomics.compareExchange(cells, generationAt(depth), generation, -generation) === generation) {
    Atomics.store(cells, EPOCH, 1);
    Atomics.notify(cells, EPOCH);
  }
  Atomics.store(cells, FIRING, 0);
  Atomics.notify(cells, FIRING);
}

function sleepUntilWoken(): void {
  Atomics.store(cells, SLEEPING, 1);
  // A call that starts from here on sees that and wakes us. One that started just before did not; its own store reaches us within
  // nanoseconds, so it is there after this wait.
  if (Atomics.wait(cells, SLEEPING, 1, GRACE_MS) === 'timed-out' && Atomics.load(cells, generationAt(0)) === 0) {
    Atomics.wait(cells, SLEEPING, 1);
  }
  Atomics.store(cells, SLEEPING, 0);
}
