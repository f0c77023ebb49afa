import { decode, encode, type Hook } from '../abi/index.js';
import { PluginError } from '../errors/index.js';
import type { Capability } from '../sandbox/index.js';
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
): Capability {
  return rawCapability((bytes) => encode(definition.response, handler(decode(definition.request, bytes))));
}

/**
 * The same for a handler of bytes.
 *
 * @param handler - gets a copy of the request, which it owns.
 */
export function rawCapability(handler: (request: Uint8Array) => Uint8Array): Capability {
  return (bytes) => {
    try {
      return { ok: true, payload: handler(bytes) };
    } catch (error) {
      if (error instanceof Refusal) {
        return refuse(error.code, error.message, error.hint);
      }
      if (error instanceof PluginError && error.code === 'ABI_MALFORMED') {
        return refuse('invalid', error.message);
      }
      throw error;
    }
  };
}
