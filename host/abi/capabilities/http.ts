import { bin, doc, int, list, optional, str, struct, withDefault } from '../builders.js';
import { defineHook } from '../hook.js';

const header = struct(
  'HttpHeader',
  { name: doc('In responses in lower case.', str), value: str },
  'One header field; a name may come more than once.',
);

export const http = defineHook('wasm-plugin:host/http@1.0.0', {
  doc: 'Send one request over HTTP/1.1 to a granted host and wait for the answer. No cookies are kept and no proxy is used.',
  request: struct('HttpRequest', {
    method: doc('In upper case.', withDefault(str, 'GET')),
    url: doc('http: or https:, without user and password.', str),
    headers: doc(
      'The host sets those that frame the message: Host, Connection, Content-Length, Transfer-Encoding and their like.',
      withDefault(list(header), []),
    ),
    body: doc('Not with GET and HEAD.', optional(bin)),
    timeoutMs: doc('For everything together. Absent, and at most: what the host allows.', optional(int)),
    maxBytes: doc('A longer body is refused. Absent, and at most: what the host allows.', optional(int)),
    redirects: doc(
      'How many to follow, at most 20, each to a granted host only. With 0 a redirect is an answer like any other.',
      withDefault(int, 10),
    ),
  }),
  response: struct('HttpResponse', {
    status: doc('An error status is an answer too.', int),
    headers: withDefault(list(header), []),
    body: doc('As it was sent: a content encoding that the request asked for is not undone.', bin),
    url: doc('Where the answer came from, after redirects.', str),
  }),
});
