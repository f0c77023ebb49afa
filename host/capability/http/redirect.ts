import { type Header, keptAcrossOrigins, withoutBody } from './headers.js';
import { parseTarget, type Target } from './target.js';

/** A request that is checked, but for its grant. */
export interface Outgoing {
  readonly method: string;
  readonly target: Target;
  readonly headers: readonly Header[];
  readonly body: Uint8Array | undefined;
}

/** Fetch standard, "redirect status". */
const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The request that follows from a redirect, as the Fetch standard has it ("HTTP-redirect fetch"), but stricter with headers: to
 * another origin go only those that hold no secret, where browsers leave out `Authorization` alone.
 *
 * @param location - the header as it came, a byte each character; undefined when it is missing.
 * @returns undefined if the answer is no redirect. The target's grant is not checked yet.
 * @throws Refusal `failed` if it leads to something that no request could name.
 */
export function redirected(sent: Outgoing, status: number, location: string | undefined): Outgoing | undefined {
  if (!REDIRECT_STATUS.has(status) || location === undefined) {
    return undefined;
  }
  const target = parseTarget(Buffer.from(location, 'latin1').toString(), sent.target.url);
  const headers = target.url.origin === sent.target.url.origin ? sent.headers : keptAcrossOrigins(sent.headers);
  const forgetsBody =
    status === 303 ? sent.method !== 'GET' && sent.method !== 'HEAD' : status < 303 && sent.method === 'POST';
  return forgetsBody
    ? { method: 'GET', target, headers: withoutBody(headers), body: undefined }
    : { ...sent, target, headers };
}
