/** `wasi:clocks`: wall and monotonic time from the embedder's clocks, which can be pinned for a replay. */
import { checkRange } from './canonical.js';
import type { WasiContext } from './context.js';
import type { WasiFunctions } from './core-function.js';
import { coreFunction } from './core-function.js';
import type { GuestMemory, Lowering } from './types.js';

/** Node's clocks tell nanoseconds, but a call into the host costs about this much. */
const RESOLUTION_NANOSECONDS = 1_000;
/** `datetime`: u64 seconds at 0, u32 nanoseconds at 8. */
const DATETIME_SIZE = 16;
const DATETIME_ALIGN = 8;

/** The functions of `wasi:clocks`, the unstable time zones excepted. */
export function clockFunctions({ table, options }: WasiContext): WasiFunctions {
  return new Map<string, Lowering>([
    [
      'wasi:clocks/wall-clock#now',
      coreFunction(['i32'], (memory, resultPtr) => {
        const { seconds, nanoseconds } = options.wallClock();
        storeDatetime(memory, resultPtr, seconds, nanoseconds);
        return undefined;
      }),
    ],
    [
      'wasi:clocks/wall-clock#resolution',
      coreFunction(['i32'], (memory, resultPtr) => {
        storeDatetime(memory, resultPtr, 0n, RESOLUTION_NANOSECONDS);
        return undefined;
      }),
    ],
    ['wasi:clocks/monotonic-clock#now', coreFunction([], () => BigInt.asIntN(64, options.monotonicNow()))],
    ['wasi:clocks/monotonic-clock#resolution', coreFunction([], () => BigInt(RESOLUTION_NANOSECONDS))],
    [
      'wasi:clocks/monotonic-clock#subscribe-instant',
      coreFunction(['i64'], (_memory, when) => table.add({ kind: 'pollable', due: when })),
    ],
    [
      'wasi:clocks/monotonic-clock#subscribe-duration',
      coreFunction(['i64'], (_memory, duration) =>
        table.add({ kind: 'pollable', due: options.monotonicNow() + duration }),
      ),
    ],
  ]);
}

function storeDatetime(memory: GuestMemory, resultPtr: number, seconds: bigint, nanoseconds: number): void {
  checkRange(memory, 'result', resultPtr, DATETIME_SIZE, DATETIME_ALIGN);
  const view = memory.view();
  view.setBigUint64(resultPtr, seconds, true);
  view.setUint32(resultPtr + 8, nanoseconds, true);
}
