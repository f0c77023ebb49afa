import { decode, decodeViews, encode, type Hook } from '../abi/index.js';
import { PluginError } from '../errors/index.js';
import type { Capability, CapabilityAnswer, CapabilityContext, SyncCapability } from '../sandbox/index.js';
import { Refusal, refuse } from './answer.js';

/**
 * Turn a typed handler into what the sandbox calls.
 *
 * A request that does not fit its schema is the guest's mistake and comes back as `invalid`; a `Refusal` becomes the error
 * arm. Anything else that the handler throws is a bug of the host and ends the instance.
 *
 * @param definition - interface id and the two schemas.
 * @param handler - gets the decoded request, which it owns; what it returns is encoded before it returns.
 */
export function capability<Req, Res, ReqInput, ResInput>(
  definition: Hook<Req, Res, ReqInput, ResInput>,
  handler: (request: Req) => ResInput,
): SyncCapability {
  return rawCapability((bytes) => encode(definition.response, handler(decode(definition.request, bytes))));
}

/** `capability` for requests that hold much data: what is `bytes` in them is a view, good until the handler returns. */
export function dataCapability<Req, Res, ReqInput, ResInput>(
  definition: Hook<Req, Res, ReqInput, ResInput>,
  handler: (request: Req) => ResInput,
): SyncCapability {
  const answer = rawCapability((bytes) => encode(definition.response, handler(decodeViews(definition.request, bytes))));
  return Object.assign(answer, { borrows: true });
}

/**
 * The same for a handler of bytes.
 *
 * @param handler - gets a copy of the request, which it owns.
 */
export function rawCapability(handler: (request: Uint8Array) => Uint8Array): SyncCapability {
  return (bytes) => {
    try {
      return { ok: true, payload: handler(bytes) };
    } catch (error) {
      return refusalOf(error);
    }
  };
}

/**
 * `capability` for a handler that may answer later.
 *
 * It need not: what it returns without a promise is answered without one, so the same handler serves an inline instance, which
 * cannot wait. A rejection means what a throw means.
 *
 * @param handler - also gets the call's signal, which is aborted when nobody waits for the answer any longer.
 */
export function asyncCapability<Req, Res, ReqInput, ResInput>(
  definition: Hook<Req, Res, ReqInput, ResInput>,
  handler: (request: Req, context: CapabilityContext) => ResInput | PromiseLike<ResInput>,
): Capability {
  return asyncRawCapability((bytes, context) => {
    const answered = handler(decode(definition.request, bytes), context);
    return isPromise(answered)
      ? answered.then((response) => encode(definition.response, response))
      : encode(definition.response, answered);
  });
}

/** `rawCapability` for a handler that may answer later. */
export function asyncRawCapability(
  handler: (request: Uint8Array, context: CapabilityContext) => Uint8Array | PromiseLike<Uint8Array>,
): Capability {
  return (bytes, context) => {
    try {
      const answered = handler(bytes, context);
      return isPromise(answered) ? settled(answered) : { ok: true, payload: answered };
    } catch (error) {
      return refusalOf(error);
    }
  };
}

async function settled(answered: PromiseLike<Uint8Array>): Promise<CapabilityAnswer> {
  try {
    return { ok: true, payload: await answered };
  } catch (error) {
    return refusalOf(error);
  }
}

/** Any thenable: query builders and promises of other realms are no instances of our `Promise`. No message holds a function. */
function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The error arm for what the guest should handle; anything else is thrown on. */
function refusalOf(error: unknown): CapabilityAnswer {
  if (error instanceof Refusal) {
    return refuse(error.code, error.message, error.hint);
  }
  if (error instanceof PluginError && error.code === 'ABI_MALFORMED') {
    return refuse('invalid', error.message);
  }
  throw error;
}
