import { encode, errorMessage } from '../abi/index.js';
import type { CapabilityAnswer } from '../sandbox/index.js';

/**
 * Why a capability said no, in words that a plugin can branch on. The set is part of the ABI (docs/abi.md).
 *
 * `denied`: not granted, or outside what was granted. `unsupported`: this host does not know it.
 * `invalid`: the request makes no sense. `missing`: no such file or key. `exists`: it is there already. `limit`: a quota
 * or size is used up. `failed`: the host tried and could not.
 */
export type RefusalCode = 'denied' | 'unsupported' | 'invalid' | 'missing' | 'exists' | 'limit' | 'failed';

/** An outcome the guest is meant to handle: it becomes the error arm of the call, never an exception through wasm. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly hint: string | undefined;

  constructor(code: RefusalCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** The error arm for a refusal: `{ code, message, hint? }` as msgpack. */
export function refuse(code: RefusalCode, message: string, hint?: string): CapabilityAnswer {
  return { ok: false, payload: encode(errorMessage, { code, message, ...(hint === undefined ? {} : { hint }) }) };
}
