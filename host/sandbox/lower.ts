/** From the guest to the host: one imported `call: func(list<u8>) -> result<list<u8>, list<u8>>`. */
import { PluginError } from '../errors/index.js';
import type { LinkedMemory } from './guest-memory.js';
import { tooLong } from './lift.js';
import type { Capability, CapabilityAnswer, CapabilityContext } from './options.js';
import { checkResultArea, writeResult } from './result-area.js';
import type { InstanceState } from './state.js';

export interface LowerParts {
  /** For errors and the list of last calls. */
  readonly name: string;
  readonly capability: Capability;
  readonly memory: LinkedMemory;
  readonly messageBytes: number;
  readonly state: InstanceState;
}

/**
 * Make the core function behind a capability. Canonical ABI, `canon lower`, for this one signature.
 *
 * The result area is checked before the capability runs: nothing is done whose outcome could not be told.
 */
export function lowerCapability(parts: LowerParts): (pointer: number, length: number, area: number) => void {
  const { name, capability, memory, messageBytes, state } = parts;
  const borrows = capability.borrows === true;
  return (signedPointer, signedLength, signedArea) => {
    try {
      state.enterHost(name);
      const area = signedArea >>> 0;
      const length = signedLength >>> 0;
      checkResultArea(area, memory.bytes().length);
      if (length > messageBytes) {
        throw tooLong(`the request to ${name}`, length, messageBytes);
      }
      const pointer = signedPointer >>> 0;
      const request = borrows ? memory.peek(pointer, length) : memory.load(pointer, length);
      const { ok, payload } = present(name, capability(request, INLINE));
      if (payload.length > messageBytes) {
        throw tooLong(`the answer of ${name}`, payload.length, messageBytes);
      }
      const at = memory.store(payload);
      writeResult(memory.bytes(), area, ok, at, payload.length);
    } catch (error) {
      throw state.hostThrew(error, name);
    }
  };
}

/** While a capability runs inline nothing else does, so nothing can abort it. */
const INLINE: CapabilityContext = Object.freeze({ signal: new AbortController().signal });

function present(name: string, answer: CapabilityAnswer | Promise<CapabilityAnswer>): CapabilityAnswer {
  if (answer instanceof Promise) {
    // Nobody waits for it, so its failure is nobody's.
    answer.catch(() => {});
    throw new PluginError('HOST_BUG', `Cannot wait for ${name}: it answers later, and this instance runs inline`, {
      hint: "Run plugins that use it with isolation: 'thread'.",
    });
  }
  return answer;
}
