import { quote } from '../../errors/index.js';
import { cliFunctions } from './cli.js';
import { clockFunctions } from './clocks.js';
import type { WasiContext } from './context.js';
import { filesystemFunctions } from './filesystem.js';
import { pollFunctions } from './io-poll.js';
import { streamFunctions } from './io-streams.js';
import { createLineSink } from './line-sink.js';
import { randomFunctions } from './random.js';
import { createResourceTable } from './resource-table.js';
import { trap } from './trap.js';
import type { Wasi, WasiOptions } from './types.js';

const DEFAULT_MAX_HANDLES = 1024;
const DEFAULT_MAX_LINE_BYTES = 8192;
/** Room for any one character. */
const MIN_LINE_BYTES = 4;

/**
 * Make the WASI of one component instance.
 *
 * Nothing of the host is visible by default: no environment, no arguments, no folders, no terminal, stdin at its end.
 * Functions throw PluginError `GUEST_TRAP` for broken rules (bad handle, pointer, length or argument), `LIMIT_EXCEEDED` above a
 * limit, `HOST_BUG` for a source that misbehaves, and {@link GuestExit} for `exit`. After any of them the instance is finished.
 *
 * Any 0.2.x version of an interface is served: versions are no part of the names.
 *
 * @param options - where output, time and chance come from, and the limits; see WasiOptions for defaults.
 * @throws RangeError for a limit that is no positive integer.
 */
export function createWasi(options: WasiOptions): Wasi {
  const maxHandles = limit('maxHandles', options.maxHandles ?? DEFAULT_MAX_HANDLES, 1);
  const maxLineBytes = limit('maxLineBytes', options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES, MIN_LINE_BYTES);
  const context: WasiContext = {
    options,
    table: createResourceTable(maxHandles),
    stdout: createLineSink((line) => options.onLine('stdout', line), maxLineBytes),
    stderr: createLineSink((line) => options.onLine('stderr', line), maxLineBytes),
  };
  const functions = new Map([
    ...streamFunctions(context),
    ...pollFunctions(context),
    ...cliFunctions(context),
    ...clockFunctions(context),
    ...randomFunctions(context),
    ...filesystemFunctions(context),
  ]);

  return {
    lower: (iface, func) => functions.get(`${iface}#${func}`),
    dropResource: (_iface, resource) => (handle) => {
      if (typeof handle !== 'number') {
        // As with core-function.ts: the guest's import may have any type.
        throw trap(`Cannot drop a ${quote(resource)}: its handle is no i32`);
      }
      context.table.drop(resource, handle >>> 0);
    },
    flush() {
      context.stdout.flush();
      context.stderr.flush();
    },
  };
}

function limit(name: string, value: number, min: number): number {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`Cannot use ${name} ${value}: it must be an integer of at least ${min}`);
  }
  return value;
}
