import { quote } from '../../errors/index.js';
import { covers, type Grant } from '../../grant/index.js';
import { Refusal } from '../answer.js';

/** The longest URL, as text of the guest and after escaping. */
export const MAX_URL_CHARS = 8192;

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http:', 80],
  ['https:', 443],
]);

/**
 * Where a request goes.
 *
 * The text is parsed once, and from then on there are only the parts: what is compared with the grants is what is connected to,
 * however it was spelled.
 */
export interface Target {
  /** Without fragment. */
  readonly url: URL;
  /** As grants spell it: lower case, punycode, no final dot, IPv6 in brackets and shortest form. */
  readonly host: string;
  readonly port: number;
}

/**
 * Read the URL that a guest chose, or the one that a server redirects to.
 *
 * @param base - what a relative URL is relative to; without it the URL is the guest's and must be absolute.
 * @throws Refusal `invalid`, or with `base` `failed`: a server's mistake.
 */
export function parseTarget(text: string, base?: URL): Target {
  const unusable = (reason: string): Refusal =>
    new Refusal(base === undefined ? 'invalid' : 'failed', `Cannot use URL ${quote(text)}: ${reason}`);
  const url = text.length > MAX_URL_CHARS ? undefined : parseUrl(text, base);
  if (url === undefined || url.href.length > MAX_URL_CHARS) {
    throw unusable(`it is no URL of at most ${MAX_URL_CHARS} characters`);
  }
  const defaultPort = DEFAULT_PORTS.get(url.protocol);
  if (defaultPort === undefined) {
    throw unusable('it is neither http: nor https:');
  }
  if (url.username !== '' || url.password !== '') {
    throw unusable('it holds a user or password, which belong into a header');
  }
  url.hash = '';
  // A resolver reads a final dot as "and no search domains"; grants have none, so that each name has one spelling.
  if (url.hostname.endsWith('.')) {
    url.hostname = url.hostname.slice(0, -1);
  }
  return { url, host: url.hostname, port: url.port === '' ? defaultPort : Number(url.port) };
}

/**
 * @throws Refusal `denied` if no grant names this host and port. Either scheme will do: a grant is about who is talked to.
 */
export function checkGranted(grants: readonly Grant[], { url, host, port }: Target): void {
  const wanted: Grant = { kind: 'http', host, port };
  if (!grants.some((grant) => covers(grant, wanted))) {
    throw new Refusal(
      'denied',
      `Cannot connect to ${quote(url.origin)}: no grant covers it`,
      `Ask for http:${host}:${port}`,
    );
  }
}

function parseUrl(text: string, base: URL | undefined): URL | undefined {
  // The parser takes out line breaks and tabs wherever they are; a guest that puts them there means something else.
  const odd = base === undefined && /[\u0000-\u0020\u007f]/.test(text);
  return odd || !URL.canParse(text, base?.href) ? undefined : new URL(text, base);
}
