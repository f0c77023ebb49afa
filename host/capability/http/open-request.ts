/**
 * What Node would take from the process is said here instead: no shared agent (its sockets would outlive the call, and it may know
 * a proxy), no leniency of the parser, no switched-off verification of certificates.
 */
import type { ClientRequest } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Header } from './headers.js';
import type { Outgoing } from './redirect.js';

/** All names and values of an answer's headers together. */
export const MAX_RESPONSE_HEADER_BYTES = 32 * 1024;

export interface Connecting {
  /** Certificates to trust instead of the system's, as PEM. */
  readonly ca?: string | undefined;
  /** Finds the addresses of a name. Default: as the system does. */
  readonly lookup?: LookupFunction | undefined;
}

const DEFAULT_HEADERS: readonly Header[] = [
  // What the host never unpacks cannot blow up in its memory.
  { name: 'Accept-Encoding', value: 'identity' },
  // Some servers refuse requests without one.
  { name: 'User-Agent', value: 'wasm-plugin' },
];

/** Methods whose requests say that they have no body, rather than leave it open. */
const EXPECTS_BODY: ReadonlySet<string> = new Set(['PATCH', 'POST', 'PUT']);

/** Node's module for one scheme. */
export type Transport =
  | { readonly scheme: 'http:'; readonly module: typeof import('node:http') }
  | { readonly scheme: 'https:'; readonly module: typeof import('node:https') };

/** Loaded when the first plugin asks: these modules are a good part of the time that a program takes to start. */
export async function transportFor({ protocol }: URL): Promise<Transport> {
  return protocol === 'https:'
    ? { scheme: 'https:', module: await import('node:https') }
    : { scheme: 'http:', module: await import('node:http') };
}

/** Make a request that is ready for `end(body)`, on a connection of its own. */
export function openRequest(
  { scheme, module }: Transport,
  { method, target, headers, body }: Outgoing,
  { ca, lookup }: Connecting,
): ClientRequest {
  const { url, host, port } = target;
  const options = {
    method,
    // Brackets belong to URLs; what connects wants the address.
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port,
    path: url.pathname + url.search,
    maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    insecureHTTPParser: false,
    ...(lookup === undefined ? {} : { lookup }),
  };
  const request =
    scheme === 'https:'
      ? module.request({
          ...options,
          agent: new module.Agent({ keepAlive: false, maxCachedSessions: 0 }),
          // Also where NODE_TLS_REJECT_UNAUTHORIZED says otherwise.
          rejectUnauthorized: true,
          ...(ca === undefined ? {} : { ca }),
        })
      : module.request({ ...options, agent: new module.Agent({ keepAlive: false }) });
  // Node would leave out what comes after some number of lines, and not say so. They are counted when they are read.
  request.maxHeadersCount = 0;
  const given = new Set(headers.map(({ name }) => name.toLowerCase()));
  for (const { name, value } of [...DEFAULT_HEADERS.filter(({ name }) => !given.has(name.toLowerCase())), ...headers]) {
    request.appendHeader(name, value);
  }
  // Node frames a body only with methods that usually have one; unframed, it would read as the next request.
  if (body !== undefined || EXPECTS_BODY.has(method)) {
    request.setHeader('Content-Length', body?.byteLength ?? 0);
  }
  return request;
}
