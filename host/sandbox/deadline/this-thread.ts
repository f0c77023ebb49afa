import { wasm } from '../web-assembly.js';
import { ClockDeadline } from './clock-deadline.js';
import type { Deadline } from './deadline.js';
import { WatchdogDeadline } from './watchdog-deadline.js';

/** Two memories of one page: valid where V8 has multi-memory (Node 22 and later). */
const TWO_MEMORIES = Uint8Array.of(
  0x00,
  0x61,
  0x73,
  0x6d,
  0x01,
  0x00,
  0x00,
  0x00,
  0x05,
  0x05,
  0x02,
  0x00,
  0x01,
  0x00,
  0x01,
);

/** How code that runs in its caller's thread finds out that its time is up. */
export const INLINE_DEADLINE_METER: 'epoch' | 'slices' = wasm.validate(TWO_MEMORIES) ? 'epoch' : 'slices';

let deadline: Deadline | undefined;

/** The deadline of this thread, of which there is one: calls nest across hosts and plugins. Made on the first use. */
export function threadDeadline(): Deadline {
  deadline ??= INLINE_DEADLINE_METER === 'epoch' ? new WatchdogDeadline() : new ClockDeadline(() => performance.now());
  return deadline;
}
