/**
 * `wasi:io/poll` and `wasi:io/error`.
 *
 * Streams are always ready, so only clocks can be waited for. A wait blocks the thread that runs the guest; the deadline of the call
 * ends it like any other work of the guest.
 */
import { PluginError } from '../../errors/index.js';
import { allocate, checkRange, LIST_SIZE, listU32, storeList, storeString } from './canonical.js';
import type { WasiContext } from './context.js';
import type { WasiFunctions } from './core-function.js';
import { coreFunction } from './core-function.js';
import type { Resource } from './resource-table.js';
import { trap } from './trap.js';

type Pollable = Extract<Resource, { readonly kind: 'pollable' }>;

/** Handles in one `poll`. A list may name one pollable many times, so the size of the table does not bound it. */
const MAX_POLLED = 1024;
const NANOSECONDS_PER_MS = 1_000_000n;
const U32_SIZE = 4;

/** The functions of `wasi:io/poll` and `wasi:io/error`. */
export function pollFunctions({ table, options }: WasiContext): WasiFunctions {
  const isReady = (pollable: Pollable, now: bigint) => pollable.due === undefined || pollable.due <= now;

  /** Return once at least one is ready. `pollables` is not empty. */
  function wait(pollables: readonly Pollable[]): void {
    const now = options.monotonicNow();
    let earliest = pollables[0]?.due;
    for (const pollable of pollables) {
      if (isReady(pollable, now)) {
        return;
      }
      if (earliest === undefined || (pollable.due !== undefined && pollable.due < earliest)) {
        earliest = pollable.due;
      }
    }
    if (earliest === undefined) {
      return;
    }
    options.sleep(Number((earliest - now + NANOSECONDS_PER_MS - 1n) / NANOSECONDS_PER_MS));
    for (const pollable of pollables) {
      if (pollable.due !== undefined && pollable.due <= earliest) {
        // The time was waited for. A clock that is pinned or coarse must not make the guest wait for it again.
        pollable.due = undefined;
      }
    }
  }

  return new Map([
    [
      'wasi:io/poll#[method]pollable.ready',
      coreFunction(['i32'], (_memory, handle) =>
        isReady(table.get('pollable', handle), options.monotonicNow()) ? 1 : 0,
      ),
    ],
    [
      'wasi:io/poll#[method]pollable.block',
      coreFunction(['i32'], (_memory, handle) => {
        wait([table.get('pollable', handle)]);
        return undefined;
      }),
    ],
    [
      'wasi:io/poll#poll',
      coreFunction(['i32', 'i32', 'i32'], (memory, ptr, len, resultPtr) => {
        checkRange(memory, 'result', resultPtr, LIST_SIZE, U32_SIZE);
        if (len === 0) {
          throw trap('Cannot poll: the list of pollables is empty');
        }
        if (len > MAX_POLLED) {
          throw new PluginError('LIMIT_EXCEEDED', `Cannot poll ${len} pollables at once: the limit is ${MAX_POLLED}`);
        }
        const pollables = listU32(memory, ptr, len).map((handle) => table.get('pollable', handle));
        wait(pollables);
        const now = options.monotonicNow();
        const ready = pollables.flatMap((pollable, i) => (isReady(pollable, now) ? [i] : []));
        const readyPtr = allocate(memory, ready.length * U32_SIZE, U32_SIZE);
        const view = memory.view();
        ready.forEach((index, i) => {
          view.setUint32(readyPtr + i * U32_SIZE, index, true);
        });
        storeList(memory, resultPtr, readyPtr, ready.length);
        return undefined;
      }),
    ],
    [
      'wasi:io/error#[method]error.to-debug-string',
      coreFunction(['i32', 'i32'], (memory, error, resultPtr) => {
        const { message } = table.get('error', error);
        checkRange(memory, 'result', resultPtr, LIST_SIZE, U32_SIZE);
        storeString(memory, resultPtr, message);
        return undefined;
      }),
    ],
  ]);
}
