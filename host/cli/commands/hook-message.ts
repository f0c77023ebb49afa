/** JSON to a message of a hook and back, for `call`. Pure. */
import type { Hook, Value } from '../../abi/index.js';
import { any, decode, encode, fromJson, hooks, sameMajor, toJson } from '../../abi/index.js';
import { PluginError, quote } from '../../errors/index.js';
import { shortHook } from './hook-names.js';

const OWN = Object.values(hooks) as readonly Hook[];

export interface HookCodec {
  /** Full id, as to be called. */
  readonly id: string;
  /** @throws PluginError `ABI_MALFORMED` with every problem of the JSON. */
  request(json: unknown): Uint8Array;
  /** @throws PluginError `ABI_MALFORMED`. */
  response(bytes: Uint8Array): unknown;
}

/**
 * Find what HOOK means.
 *
 * @param word - a short name of ours (`engine-config`), or a full id.
 * @param context - what a request of ours gets as `context` where the JSON has none.
 * @returns for a hook of ours its schema, for any other interface a codec that takes any message.
 */
export function hookCodec(word: string, context: Value): HookCodec {
  const own = OWN.find(({ id }) => shortHook(id) === word || id === word || isSameMajor(id, word));
  if (own === undefined) return { id: word, request: encodeAny, response: (bytes) => toJson(any, decode(any, bytes)) };
  return {
    id: word.includes('/') ? word : own.id,
    request: (json) => {
      const parsed = fromJson(own.request, withContext(json, context) as never);
      if (!parsed.ok) throw misfit(shortHook(own.id), parsed.problems);
      return encode(own.request, parsed.value as never);
    },
    response: (bytes) => toJson(own.response, decode(own.response, bytes)),
  };
}

function isSameMajor(id: string, word: string): boolean {
  return word.includes('/') && sameMajor(id, word);
}

function encodeAny(json: unknown): Uint8Array {
  const parsed = fromJson(any, json as never);
  if (!parsed.ok) throw misfit('the interface', parsed.problems);
  return encode(any, parsed.value);
}

function withContext(json: unknown, context: Value): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || Object.hasOwn(json, 'context')) return json;
  return { ...json, context };
}

function misfit(what: string, problems: readonly string[]): PluginError {
  return new PluginError('ABI_MALFORMED', `Cannot make a request for ${quote(what)}: ${problems.join('; ')}`, {
    hint: 'See docs/abi.md for the fields of each request',
  });
}
