/**
 * What the thread that runs guests and its watchdog share: one page, as 32-bit cells.
 *
 *   byte 0     the epoch cell, read by guest code: 0, or 1 once time is up
 *   byte 128   SLEEPING: 1 while the watchdog waits to be woken
 *   byte 256   FIRING: 1 while the watchdog decides about one call
 *   byte 384   slots, one for each nested call: generation, milliseconds
 *
 * A generation is 0 where no call runs, positive for a running one, and its negative once that call's time is up. The cells that
 * each side writes lie on cache lines of their own.
 */
import { MAX_NESTED_CALLS } from './deadline.js';

export const EPOCH = 0;
export const SLEEPING = 32;
export const FIRING = 64;

const SLOTS = 96;
const SLOT_CELLS = 2;
export const MAX_GENERATION = 0x7fff_ffff;

export const generationAt = (depth: number): number => SLOTS + depth * SLOT_CELLS;
export const millisecondsAt = (depth: number): number => SLOTS + depth * SLOT_CELLS + 1;

/** All slots are inside one page of 64 KiB. */
export const SHARED_CELLS = SLOTS + MAX_NESTED_CALLS * SLOT_CELLS;
