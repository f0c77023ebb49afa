/** Whatever a guest puts into a request, a server reads one request, with what was accepted and nothing else. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpRequest, send } from '../../../test/support/http-client.js';
import { serveHttp, type TestServer } from '../../../test/support/http-servers.js';

let server: TestServer;
beforeAll(async () => {
  server = await serveHttp((_seen, response) => response.end());
});
afterAll(() => server.close());

/** Text that likes to break lines and to look like a message. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[\x20-\x7e\xa0-\xff]{0,20}$/) },
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc
    .array(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\0',
        ': ',
        ' ',
        '\t',
        'Host',
        'Content-Length: 5',
        'GET / HTTP/1.1',
        'x',
        '\u560d\u560a',
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join('')),
);
const name = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z-]{1,12}$/) },
  text,
  fc.constantFrom('Host', 'te', 'proxy-x', '__proto__'),
);
const requests: fc.Arbitrary<Partial<HttpRequest> & { path: string }> = fc.record(
  {
    path: fc.oneof({ weight: 3, arbitrary: fc.webPath() }, text),
    method: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('GET', 'POST', 'DELETE', 'PURGE', 'HEAD') },
      // Node's server knows a list of methods and refuses other words itself.
      text.filter((word) => !/^[A-Z]+$/.test(word)),
    ),
    headers: fc.array(fc.record({ name, value: text }), { maxLength: 4 }),
    body: fc.uint8Array({ maxLength: 50 }),
  },
  { requiredKeys: ['path'] },
);

test('a request is refused, or arrives as it was meant', async () => {
  const grants = [`http:127.0.0.1:${server.port}`];
  let arrived = 0;
  await fc.assert(
    fc.asyncProperty(requests, async ({ path, ...rest }) => {
      const before = { seen: server.seen.length, connections: server.connections() };
      const { refused } = await send({ grants }, { url: `http://127.0.0.1:${server.port}/${path}`, ...rest });
      const came = server.seen.slice(before.seen);
      if (refused !== undefined) {
        expect(['invalid', 'denied']).toContain(refused.code);
        expect({ came, connections: server.connections() }).toEqual({ came: [], connections: before.connections });
        return;
      }
      arrived += 1;
      expect(came).toHaveLength(1);
      const { method, rawHeaders, headers, body } = came[0]!;
      expect(method).toBe(rest.method ?? 'GET');
      expect(body).toBe(Buffer.from(rest.body ?? []).toString());
      expect(headers.host).toBe(`127.0.0.1:${server.port}`);
      const given = (rest.headers ?? []).map((header) => header.name.toLowerCase());
      const ours = ['host', 'connection', 'content-length', 'accept-encoding', 'user-agent'];
      const names = rawHeaders.filter((_, i) => i % 2 === 0).map((header) => header.toLowerCase());
      expect(names.filter((header) => !ours.includes(header)).sort()).toEqual(
        given.filter((header) => !ours.includes(header)).sort(),
      );
      const values = rawHeaders.filter((_, i) => i % 2 === 1);
      for (const { value } of rest.headers ?? []) {
        // White space around a value is not part of it (RFC 9110, "Field Values").
        expect(values).toContain(value.replace(/^[\t ]+|[\t ]+$/g, ''));
      }
    }),
    { numRuns: 3000 },
  );
  expect(arrived).toBeGreaterThan(500);
}, 60_000);
