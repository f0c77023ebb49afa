import { capabilities, decode, encode, type Infer, type InferInput } from '../../abi/index.js';
import { quote } from '../../errors/index.js';
import type { Grant } from '../../grant/index.js';
import type { Capability } from '../../sandbox/index.js';
import { Refusal } from '../answer.js';
import { asyncRawCapability } from '../define.js';
import { exchange, headersOf, readBody } from './exchange.js';
import { checkHeaders } from './headers.js';
import type { Connecting } from './open-request.js';
import { type Outgoing, redirected } from './redirect.js';
import { checkGranted, parseTarget } from './target.js';
import { withinTime } from './within-time.js';

/** Time for one request with all its redirects; a hook's own deadline usually ends it earlier. */
export const MAX_TIMEOUT_MS = 30_000;
/** A body is held whole, some times over, while it is handed to the guest. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** As browsers have it. */
export const MAX_REDIRECTS = 20;

type HttpRequest = Infer<typeof capabilities.http.request>;
type HttpResponse = InferInput<typeof capabilities.http.response>;

/** What requests draw on; everything has a default. */
export interface HttpSources extends Connecting {
  /** For one request with all its redirects, in whole milliseconds. Default 30,000, which is also the most. */
  readonly timeoutMs?: number | undefined;
  /** Of one answer. Default 8 MiB, which is also the most. */
  readonly bodyBytes?: number | undefined;
}

/**
 * `wasm-plugin:host/http`: requests to the hosts that `http:` grants name, redirects included.
 *
 * @param messageBytes - what the guest's instance takes as one message; a longer answer is refused, and the guest lives on.
 */
export function httpCapability(grants: readonly Grant[], sources: HttpSources, messageBytes: number): Capability {
  const timeLimitMs = Math.min(sources.timeoutMs ?? MAX_TIMEOUT_MS, MAX_TIMEOUT_MS);
  const bodyLimit = Math.min(sources.bodyBytes ?? MAX_BODY_BYTES, MAX_BODY_BYTES, messageBytes);
  return asyncRawCapability(async (bytes, context) => {
    const request = decode(capabilities.http.request, bytes);
    const outgoing = check(request);
    const timeoutMs = Math.min(request.timeoutMs ?? timeLimitMs, timeLimitMs);
    const maxBytes = Math.min(request.maxBytes ?? bodyLimit, bodyLimit);
    const response = await withinTime(timeoutMs, context.signal, (signal) =>
      follow(outgoing, { grants, sources, signal, redirects: request.redirects, maxBytes }),
    );
    const payload = encode(capabilities.http.response, response);
    if (payload.length > messageBytes) {
      throw new Refusal('limit', `Cannot hand over ${payload.length} bytes of answer: the limit is ${messageBytes}`);
    }
    return payload;
  });
}

/** @throws Refusal `invalid` or `limit`. */
function check({ method, url, headers, body, timeoutMs, maxBytes, redirects }: HttpRequest): Outgoing {
  // CONNECT and TRACE are for proxies and for those who look for them.
  if (!/^[A-Z]{1,20}$/.test(method) || method === 'CONNECT' || method === 'TRACE') {
    throw new Refusal('invalid', `Cannot use method ${quote(method)}: it must be one such as GET or POST`);
  }
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new Refusal('invalid', `Cannot send a body with ${method}`);
  }
  if (timeoutMs !== undefined && timeoutMs < 1) {
    throw new Refusal('invalid', `Cannot wait ${timeoutMs} ms: it must be 1 or more`);
  }
  if (maxBytes !== undefined && maxBytes < 0) {
    throw new Refusal('invalid', `Cannot read ${maxBytes} bytes: it must be 0 or more`);
  }
  if (redirects < 0 || redirects > MAX_REDIRECTS) {
    throw new Refusal('invalid', `Cannot follow ${redirects} redirects: 0 to ${MAX_REDIRECTS} are possible`);
  }
  checkHeaders(headers);
  return { method, target: parseTarget(url), headers, body };
}

interface Bounds {
  readonly grants: readonly Grant[];
  readonly sources: Connecting;
  readonly signal: AbortSignal;
  readonly redirects: number;
  readonly maxBytes: number;
}

/** Send a request and those that follow from it. Each is checked before anything of it is sent. */
async function follow(
  first: Outgoing,
  { grants, sources, signal, redirects, maxBytes }: Bounds,
): Promise<HttpResponse> {
  let hop = first;
  for (let followed = 0; ; followed++) {
    checkGranted(grants, hop.target);
    const sent = hop;
    const outcome = await exchange(sent, sources, signal, async (incoming) => {
      const status = incoming.statusCode ?? 0;
      const next = redirects === 0 ? undefined : redirected(sent, status, incoming.headers.location);
      if (next !== undefined) {
        return { next };
      }
      const headers = headersOf(incoming);
      return { response: { status, headers, body: await readBody(incoming, maxBytes), url: sent.target.url.href } };
    });
    if (outcome.next === undefined) {
      return outcome.response;
    }
    if (followed === redirects) {
      throw new Refusal(
        'limit',
        `Cannot follow more than ${redirects} redirects: ${quote(sent.target.url.href)} is one more`,
      );
    }
    hop = outcome.next;
  }
}
