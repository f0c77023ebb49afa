import { type Hook, parseInterfaceId } from '../abi/index.js';
import { asyncCapability, asyncRawCapability } from '../capability/index.js';
import type { Capability, CapabilityContext } from '../sandbox/index.js';

/** A capability of the embedder's own, under its own namespace. */
export interface HostCapability {
  /** Full interface id; plugins may import any version of it. */
  readonly id: string;
  readonly answer: Capability;
}

/**
 * Pair a capability of the embedder's own with what answers it, keeping the types of both.
 *
 * @param handler - gets the decoded request, which it owns, and a signal that is aborted when the guest waits no longer. Runs in the
 *   thread that loaded the plugin, while the guest waits; throw a `Refusal` for an outcome that the plugin should handle. It may
 *   answer with a promise to a plugin with `isolation: 'thread'`; an instance that runs inline cannot wait for one, and ends.
 * @example provide(defineHook('acme:db/query@1.0.0', { request, response }), ({ sql }) => ({ rows: run(sql) }))
 */
export function provide<Req, Res, ReqInput, ResInput>(
  definition: Hook<Req, Res, ReqInput, ResInput>,
  handler: (request: Req, context: CapabilityContext) => ResInput | PromiseLike<ResInput>,
): HostCapability {
  return { id: definition.id, answer: asyncCapability(definition, handler) };
}

/**
 * The same for bytes: no schema, no msgpack, and several times faster (docs/benchmarks.md).
 *
 * @param id - under your own namespace and with a version: `acme:db/query@1.0.0`.
 * @param handler - gets a copy of the request, which it owns; what it returns is copied into the guest.
 * @throws TypeError if `id` is not a full interface id.
 */
export function provideRaw(
  id: string,
  handler: (request: Uint8Array, context: CapabilityContext) => Uint8Array | PromiseLike<Uint8Array>,
): HostCapability {
  if (parseInterfaceId(id) === undefined) {
    throw new TypeError(`Cannot provide "${id}": an id looks like acme:db/query@1.0.0`);
  }
  return { id, answer: asyncRawCapability(handler) };
}
