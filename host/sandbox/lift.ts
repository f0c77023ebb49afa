/** From the host into the guest: one exported `handle: func(list<u8>) -> result<list<u8>, list<u8>>`. */
import { PluginError, quote } from '../errors/index.js';
import type { LinkedMemory } from './guest-memory.js';
import type { CallOptions, CallResult } from './options.js';
import { checkResultArea, readLength, readPointer, readTag } from './result-area.js';
import type { InstanceState } from './state.js';

export interface LiftParts {
  /** Full id of the hook. */
  readonly hook: string;
  readonly memory: LinkedMemory;
  /** (request pointer, length) -> pointer to the result area. */
  readonly handle: (pointer: number, length: number) => number;
  /** Frees what the result area refers to. */
  readonly postReturn: ((resultArea: number) => void) | undefined;
  readonly messageBytes: number;
  readonly state: InstanceState;
  /** Runs after each call that did not fail. */
  readonly afterCall: () => void;
}

/**
 * Make the function that calls one hook. Canonical ABI, `canon lift`, for this one signature.
 *
 * Everything a call needs is looked up here, once; a call allocates its result and nothing else.
 */
export function liftHook(parts: LiftParts): (request: Uint8Array, options?: CallOptions) => CallResult {
  const { hook, memory, handle, postReturn, messageBytes, state, afterCall } = parts;

  const run = (request: Uint8Array): CallResult => {
    const pointer = memory.store(request);
    const area = handle(pointer, request.length) >>> 0;
    const bytes = memory.bytes();
    checkResultArea(area, bytes.length);
    const tag = readTag(bytes, area);
    const length = readLength(bytes, area);
    if (length > messageBytes) {
      throw tooLong('the answer', length, messageBytes);
    }
    const payload = memory.load(readPointer(bytes, area), length);
    if (postReturn !== undefined) {
      state.mayLeave = false;
      postReturn(area);
      state.mayLeave = true;
    }
    return { ok: tag === 0, payload };
  };

  return (request, options) => {
    if (request.length > messageBytes) {
      throw requestTooLong(hook, request.length, messageBytes);
    }
    state.enterGuest(hook, options);
    try {
      const result = run(request);
      state.settleGuest();
      afterCall();
      return result;
    } catch (error) {
      throw state.die(`Cannot call ${hook}`, hook, error);
    } finally {
      state.leaveGuest();
    }
  };
}

/** A message for the guest is over the limit, which costs it nothing. */
export function requestTooLong(hook: string, length: number, limit: number): PluginError {
  return new PluginError(
    'LIMIT_EXCEEDED',
    `Cannot call ${hook}: the request has ${length} bytes, the limit is ${limit}`,
  );
}

export function hookMissing(hook: string): PluginError {
  return new PluginError('HOOK_MISSING', `Cannot call ${quote(hook)}: the component does not export it`);
}

/** A message of the guest's is over the limit, which ends it. */
export function tooLong(what: string, length: number, limit: number): PluginError {
  return new PluginError(
    'LIMIT_EXCEEDED',
    `Cannot pass a message: ${what} has ${length} bytes, the limit is ${limit}`,
    {
      details: { length, limit },
    },
  );
}
