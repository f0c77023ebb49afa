import { decode, encode, errorMessage, type Hook } from '../../host/abi/index.js';
import type { Capability, CapabilityAnswer } from '../../host/sandbox/index.js';

/** A call that nobody gives up. */
const waiting = (): AbortSignal => new AbortController().signal;

/** The answer of a capability that must not make anybody wait. */
export function answerNow(capability: Capability, request: Uint8Array): CapabilityAnswer {
  const answer = capability(request, { signal: waiting() });
  if (answer instanceof Promise) {
    throw new Error('The capability answered with a promise');
  }
  return answer;
}

/** A refusal as its message, or a response. */
export type Told<Res> =
  | { readonly response: Res; readonly refused?: never }
  | {
      readonly response?: never;
      readonly refused: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
    };

/** Ask with a typed request and wait for what the guest would read. */
export async function ask<Req, Res, ReqInput, ResInput>(
  capability: Capability,
  definition: Hook<Req, Res, ReqInput, ResInput>,
  request: ReqInput,
  signal: AbortSignal = waiting(),
): Promise<Told<Res>> {
  const { ok, payload } = await capability(encode(definition.request, request), { signal });
  return ok ? { response: decode(definition.response, payload) } : { refused: decode(errorMessage, payload) };
}
