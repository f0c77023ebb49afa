import { type Hook, parseInterfaceId } from '../abi/index.js';
import { capability, rawCapability } from '../capability/index.js';
import type { Capability } from '../sandbox/index.js';

/** A capability of the embedder's own, under its own namespace. */
export interface HostCapability {
  /** Full interface id; plugins may import any version of it. */
  readonly id: string;
  readonly answer: Capability;
}

/**
 * Pair a capability of the embedder's own with what answers it, keeping the types of both.
 *
 * @param handler - gets the decoded request, which it owns. Runs synchronously, while the guest waits; throw a `Refusal` for an
 *   outcome that the plugin should handle.
 * @example provide(defineHook('acme:db/query@1.0.0', { request, response }), ({ sql }) => ({ rows: run(sql) }))
 */
export function provide<Req, Res, ReqInput, ResInput>(
  definition: Hook<Req, Res, ReqInput, ResInput>,
  handler: (request: Req) => ResInput,
): HostCapability {
  return { id: definition.id, answer: capability(definition, handler) };
}

/**
 * The same for bytes: no schema, no msgpack, and several times faster (docs/benchmarks.md).
 *
 * @param id - under your own namespace and with a version: `acme:db/query@1.0.0`.
 * @param handler - gets a copy of the request, which it owns; what it returns is copied into the guest.
 * @throws TypeError if `id` is not a full interface id.
 */
export function provideRaw(id: string, handler: (request: Uint8Array) => Uint8Array): HostCapability {
  if (parseInterfaceId(id) === undefined) {
    throw new TypeError(`Cannot provide "${id}": an id looks like acme:db/query@1.0.0`);
  }
  return { id, answer: rawCapability(handler) };
}
