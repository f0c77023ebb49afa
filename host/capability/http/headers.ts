import { quote } from '../../errors/index.js';
import { Refusal } from '../answer.js';

export interface Header {
  readonly name: string;
  readonly value: string;
}

/** Room for a token and some more; servers refuse longer ones themselves. */
export const MAX_REQUEST_HEADERS = 100;
export const MAX_REQUEST_HEADER_CHARS = 16 * 1024;

/** RFC 9110, "Tokens". */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, "Field Values": no control characters but the tab, and one byte for each character. */
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * What decides where a message ends, who reads it and what becomes of the connection: a guest that could say so could put a second
 * request, which nobody checked, behind the first.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const RESERVED_PREFIX = 'proxy-';

/** What says only which answer is wanted, and what the body is. All else may be a secret between the plugin and one server. */
const KEPT_ACROSS_ORIGINS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-encoding',
  'content-language',
  'content-type',
  'user-agent',
]);

/** What describes a body, and goes with it. */
const ABOUT_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
]);

/** @throws Refusal `invalid` or `limit` if these are not headers that a guest may send. */
export function checkHeaders(headers: readonly Header[]): void {
  if (headers.length > MAX_REQUEST_HEADERS) {
    throw new Refusal('limit', `Cannot send ${headers.length} headers: the limit is ${MAX_REQUEST_HEADERS}`);
  }
  const chars = headers.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
  if (chars > MAX_REQUEST_HEADER_CHARS) {
    throw new Refusal('limit', `Cannot send ${chars} characters of headers: the limit is ${MAX_REQUEST_HEADER_CHARS}`);
  }
  for (const { name, value } of headers) {
    const lower = name.toLowerCase();
    if (!NAME.test(name)) {
      throw new Refusal('invalid', `Cannot send header ${quote(name)}: that is no name of a header`);
    }
    if (RESERVED.has(lower) || lower.startsWith(RESERVED_PREFIX)) {
      throw new Refusal('invalid', `Cannot send header ${quote(name)}: it is the host's to set`);
    }
    if (!VALUE.test(value)) {
      throw new Refusal(
        'invalid',
        `Cannot send header ${quote(name)}: its value holds characters that no header may hold`,
      );
    }
  }
}

/** Those that may also go to another server than the one that they were meant for. */
export function keptAcrossOrigins(headers: readonly Header[]): readonly Header[] {
  return headers.filter(({ name }) => KEPT_ACROSS_ORIGINS.has(name.toLowerCase()));
}

/** Those that still hold when the body is left out. */
export function withoutBody(headers: readonly Header[]): readonly Header[] {
  return headers.filter(({ name }) => !ABOUT_BODY.has(name.toLowerCase()));
}
