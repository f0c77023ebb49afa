/**
 * A hook (exported by plugins) or a capability (imported by them): an interface id and the schemas of one message pair.
 */
import { parseInterfaceId } from './interface-id.js';
import type { Infer, InferInput, StructSchema } from './schema.js';

/**
 * `Req` and `Res` are the decoded types, `ReqInput` and `ResInput` what `encode` takes: a caller of a hook writes
 * `ReqInput` and reads `Res`; a capability reads `Req` and writes `ResInput`.
 */
export interface Hook<Req = unknown, Res = unknown, ReqInput = Req, ResInput = Res> {
  readonly id: string;
  readonly request: StructSchema<Req, ReqInput>;
  readonly response: StructSchema<Res, ResInput>;
  /** What it is for, for docs/abi.md. */
  readonly doc: string | undefined;
}

/** Capabilities have the same shape; which side calls is all that differs. */
export type CapabilityInterface<Req = unknown, Res = unknown, ReqInput = Req, ResInput = Res> = Hook<
  Req,
  Res,
  ReqInput,
  ResInput
>;

export type RequestInputOf<H extends Hook> = InferInput<H['request']>;
export type ResponseOf<H extends Hook> = Infer<H['response']>;

/**
 * Define a hook of your own.
 *
 * @param id - under your own namespace and with a version: `acme:score/score@1.0.0`.
 * @param definition - both messages are structs, so that fields can be added later.
 * @throws TypeError if the id is not a full interface id, or a message is not a struct.
 */
export function defineHook<Req, Res, ReqInput, ResInput>(
  id: string,
  definition: {
    readonly request: StructSchema<Req, ReqInput>;
    readonly response: StructSchema<Res, ResInput>;
    readonly doc?: string;
  },
): Hook<Req, Res, ReqInput, ResInput> {
  if (parseInterfaceId(id) === undefined) {
    throw new TypeError(`Cannot define hook "${id}": an id looks like acme:score/score@1.0.0`);
  }
  for (const part of ['request', 'response'] as const) {
    if (definition[part]?.kind !== 'struct') {
      throw new TypeError(`Cannot define hook "${id}": its ${part} must be struct({…})`);
    }
  }
  const { request, response, doc } = definition;
  return Object.freeze({ id, request, response, doc });
}
