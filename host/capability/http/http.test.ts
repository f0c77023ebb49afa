/** Requests to real servers on loopback. What hostile servers do: hostile-server.test.ts; redirects: follow.test.ts. */
import { lookup as systemLookup } from 'node:dns';
import http from 'node:http';
import type { LookupFunction } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered, type Client, codeOf, type HttpRequest, send } from '../../../test/support/http-client.js';
import { serveHttp, serveTcp, type TestServer } from '../../../test/support/http-servers.js';
import { MAX_REQUEST_HEADER_CHARS, MAX_REQUEST_HEADERS } from './headers.js';
import { MAX_REDIRECTS } from './http.js';

let server: TestServer;
let client: Client;
let base = '';

beforeAll(async () => {
  server = await serveHttp(({ path, method, body }, response) => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2']);
    response.setHeader('X-Latin', 'é');
    response.statusCode = path === '/missing' ? 404 : 200;
    // Bytes: Node sends headers in the encoding of a body that is text.
    response.end(Buffer.from(`${method} ${path} ${body}`));
  });
  client = { grants: [`http:127.0.0.1:${server.port}`] };
  base = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server.close());

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const last = () => server.seen.at(-1);

describe('a request', () => {
  test('is answered with status, headers, body and URL', async () => {
    const response = await answered(client, { url: `${base}/v1?a=b#c` });
    expect({ ...response, body: text(response.body), headers: undefined }).toEqual({
      status: 200,
      body: 'GET /v1?a=b ',
      url: `${base}/v1?a=b`,
    });
    expect(response.headers.slice(0, 3)).toEqual([
      { name: 'set-cookie', value: 'a=1' },
      { name: 'set-cookie', value: 'b=2' },
      { name: 'x-latin', value: 'é' },
    ]);
  });

  test('an error status is an answer', async () => {
    expect((await answered(client, { url: `${base}/missing` })).status).toBe(404);
  });

  test('says no more of the host than it must', async () => {
    await answered(client, { url: base });
    expect(last()?.rawHeaders).toEqual([
      'Host',
      `127.0.0.1:${server.port}`,
      'Accept-Encoding',
      'identity',
      'User-Agent',
      'wasm-plugin',
      'Connection',
      'close',
    ]);
  });

  test('has the headers that the guest gives, also twice', async () => {
    const headers = [
      { name: 'X-Tag', value: '1' },
      { name: 'user-agent', value: 'mine' },
      { name: 'x-tag', value: 'é\t2' },
      { name: '__proto__', value: 'x' },
    ];
    await answered(client, { url: base, headers });
    const { rawHeaders = [] } = last() ?? {};
    expect(rawHeaders.join('|')).toContain('|X-Tag|1|X-Tag|é\t2|');
    expect(rawHeaders.join('|')).toContain('|__proto__|x|');
    expect(last()?.headers['user-agent']).toBe('mine');
  });

  const methods = [
    { method: 'GET', body: undefined, length: undefined },
    { method: 'HEAD', body: undefined, length: undefined },
    { method: 'DELETE', body: undefined, length: undefined },
    { method: 'DELETE', body: 'gone', length: '4' },
    { method: 'OPTIONS', body: 'x', length: '1' },
    { method: 'POST', body: undefined, length: '0' },
    { method: 'POST', body: '', length: '0' },
    { method: 'POST', body: 'ü', length: '2' },
    { method: 'PUT', body: undefined, length: '0' },
    { method: 'PATCH', body: 'x', length: '1' },
    { method: 'PROPFIND', body: undefined, length: '0' },
    { method: 'PROPFIND', body: 'x', length: '1' },
  ];
  for (const { method, body, length } of methods) {
    test(`${method} ${body === undefined ? 'without a body' : `with ${JSON.stringify(body)}`} is framed`, async () => {
      const before = server.seen.length;
      const request: HttpRequest = {
        method,
        url: `${base}/m`,
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
      };
      const response = await answered(client, request);
      expect(text(response.body)).toBe(method === 'HEAD' ? '' : `${method} /m ${body ?? ''}`);
      expect(server.seen.slice(before).map(({ headers }) => headers['content-length'])).toEqual([length]);
      expect(last()?.headers['transfer-encoding']).toBeUndefined();
    });
  }

  test('large bodies pass both ways', async () => {
    const body = Buffer.alloc(5_000_000, 'x');
    const response = await answered(client, { method: 'POST', url: `${base}/big`, body });
    expect(response.body.byteLength).toBe('POST /big '.length + body.byteLength);
  });

  test('keeps no cookies', async () => {
    await answered(client, { url: base });
    await answered(client, { url: base });
    expect(last()?.headers.cookie).toBeUndefined();
  });

  test('many at once each get their own answer', async () => {
    const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
    const responses = await Promise.all(paths.map((path) => answered(client, { url: base + path })));
    expect(responses.map(({ body }) => text(body))).toEqual(paths.map((path) => `GET ${path} `));
  });

  test('leaves neither a connection nor a timer behind', async () => {
    const held = (): string[] =>
      process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPSocket') || name === 'Timeout');
    const before = held();
    await answered(client, { url: base });
    await expect.poll(() => server.open()).toBe(0);
    expect(held()).toEqual(before);
  });

  test('to an IPv6 address asks nobody for its name', async () => {
    const lookup = (): never => expect.fail('looked it up');
    const gone = { grants: ['http:[::1]:9'], sources: { lookup } };
    // Refused or, without IPv6, unreachable: in any case it was tried.
    expect((await send(gone, { url: 'http://[0:0::1]:9/' })).refused?.message).toMatch(
      /^Cannot GET "http:\/\/\[::1\]:9\/": E(CONNREFUSED|ADDRNOTAVAIL|NETUNREACH|AFNOSUPPORT)$/,
    );
  });

  test('goes by the name that was granted, however it is spelled', async () => {
    const asked: string[] = [];
    const lookup: LookupFunction = (name, options, callback) => {
      asked.push(name);
      systemLookup('127.0.0.1', options, callback);
    };
    const named = { grants: [`http:api.example.com:${server.port}`], sources: { lookup } };
    const { url } = await answered(named, { url: `HTTP://API.Example.COM.:0${server.port}/x` });
    expect({ asked, url, host: last()?.headers.host }).toEqual({
      asked: ['api.example.com'],
      url: `http://api.example.com:${server.port}/x`,
      host: `api.example.com:${server.port}`,
    });
  });
});

describe('a request is refused, and no connection made:', () => {
  const header = (name: string, value = 'x') => [{ name, value }];
  const rows: readonly { name: string; request: Partial<HttpRequest>; want: string }[] = [
    { name: 'a host without grant', request: { url: 'http://127.0.0.2:1/' }, want: 'denied' },
    { name: 'a URL that is none', request: { url: 'api' }, want: 'invalid' },
    { name: 'CONNECT', request: { method: 'CONNECT' }, want: 'invalid' },
    { name: 'TRACE', request: { method: 'TRACE' }, want: 'invalid' },
    { name: 'a method in lower case', request: { method: 'get' }, want: 'invalid' },
    { name: 'no method', request: { method: '' }, want: 'invalid' },
    { name: 'a method that holds a request', request: { method: 'GET / HTTP/1.1\r\n\r\nPOST' }, want: 'invalid' },
    { name: 'GET with a body', request: { body: new Uint8Array(1) }, want: 'invalid' },
    { name: 'no time', request: { timeoutMs: 0 }, want: 'invalid' },
    { name: 'negative bytes', request: { maxBytes: -1 }, want: 'invalid' },
    { name: 'negative redirects', request: { redirects: -1 }, want: 'invalid' },
    { name: 'too many redirects', request: { redirects: MAX_REDIRECTS + 1 }, want: 'invalid' },
    { name: 'Host', request: { headers: header('hOST', 'other') }, want: 'invalid' },
    { name: 'Content-Length', request: { headers: header('Content-Length', '5') }, want: 'invalid' },
    { name: 'Transfer-Encoding', request: { headers: header('transfer-encoding', 'chunked') }, want: 'invalid' },
    { name: 'Connection', request: { headers: header('Connection', 'keep-alive') }, want: 'invalid' },
    { name: 'Upgrade', request: { headers: header('upgrade', 'h2c') }, want: 'invalid' },
    { name: 'Expect', request: { headers: header('Expect', '100-continue') }, want: 'invalid' },
    { name: 'Proxy-Authorization', request: { headers: header('Proxy-Authorization') }, want: 'invalid' },
    { name: 'a header without a name', request: { headers: header('') }, want: 'invalid' },
    { name: 'a header name with a colon', request: { headers: header('a:b') }, want: 'invalid' },
    { name: 'a header name with a line break', request: { headers: header('a\r\nb') }, want: 'invalid' },
    { name: 'a header name that ends in a space', request: { headers: header('host ') }, want: 'invalid' },
    { name: 'a header name beyond ASCII', request: { headers: header('ĥost') }, want: 'invalid' },
    { name: 'a header with a line break', request: { headers: header('a', 'b\r\nHost: c') }, want: 'invalid' },
    { name: 'a header with a bare line feed', request: { headers: header('a', 'b\nc') }, want: 'invalid' },
    { name: 'a header with NUL', request: { headers: header('a', 'b\0') }, want: 'invalid' },
    { name: 'a header beyond bytes', request: { headers: header('a', '\u010d\u010a') }, want: 'invalid' },
    {
      name: 'too many headers',
      request: { headers: Array.from({ length: MAX_REQUEST_HEADERS + 1 }, () => header('a')).flat() },
      want: 'limit',
    },
    {
      name: 'too long headers',
      request: { headers: header('a', 'b'.repeat(MAX_REQUEST_HEADER_CHARS)) },
      want: 'limit',
    },
  ];
  for (const { name, request, want } of rows) {
    test(`${name}: ${want}`, async () => {
      const before = server.connections();
      expect(await codeOf(client, { url: base, ...request })).toBe(want);
      expect(server.connections()).toBe(before);
    });
  }

  test('as many headers as are allowed pass', async () => {
    const headers = Array.from({ length: MAX_REQUEST_HEADERS }, (_, i) => header(`a${i}`)).flat();
    expect(await codeOf(client, { url: base, headers })).toBe('answered 200');
  });
});

describe('a connection that cannot be made', () => {
  test('is told by code, without addresses of the network', async () => {
    const gone = await serveTcp(() => undefined);
    await gone.close();
    const { refused } = await send(
      { grants: [`http:localhost:${gone.port}`] },
      { url: `http://localhost:${gone.port}/path` },
    );
    expect(refused).toEqual({
      code: 'failed',
      message: `Cannot GET "http://localhost:${gone.port}/path": ECONNREFUSED`,
    });
  });

  test('because there is no such name', async () => {
    const lookup: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error('of 10.0.0.1'), { code: 'ENOTFOUND' }), '', 0);
    const { refused } = await send(
      { grants: ['http:nope.example:80'], sources: { lookup } },
      { url: 'http://nope.example' },
    );
    expect(refused).toMatchObject({ code: 'failed', message: 'Cannot GET "http://nope.example/": ENOTFOUND' });
  });
});

describe('the call that waits', () => {
  test('closes the connection when it is given up', async () => {
    const silent = await serveTcp(() => undefined);
    const caller = new AbortController();
    const waiting = codeOf(
      { grants: [`http:127.0.0.1:${silent.port}`], signal: caller.signal },
      { url: `http://127.0.0.1:${silent.port}` },
    );
    await expect.poll(() => silent.open()).toBe(1);
    caller.abort();
    expect(await waiting).toBe('failed');
    await expect.poll(() => silent.open()).toBe(0);
    await silent.close();
  });

  test('closes the connection in the middle of a body', async () => {
    let started = false;
    const drip = await serveTcp((socket) => {
      socket.on('data', () => {
        started = true;
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
      });
    });
    const caller = new AbortController();
    const waiting = codeOf(
      { grants: [`http:127.0.0.1:${drip.port}`], signal: caller.signal },
      { url: `http://127.0.0.1:${drip.port}` },
    );
    await expect.poll(() => started).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    caller.abort();
    expect(await waiting).toBe('failed');
    await expect.poll(() => drip.open()).toBe(0);
    await drip.close();
  });

  test('makes no connection when it was given up before', async () => {
    const before = server.connections();
    expect(await codeOf({ ...client, signal: AbortSignal.abort() }, { url: base })).toBe('failed');
    expect(server.connections()).toBe(before);
  });

  test('is forgotten by the signal when it is over', async () => {
    const caller = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = caller.signal;
    Object.assign(caller.signal, {
      addEventListener: (...args: Parameters<typeof addEventListener>) => {
        listeners += 1;
        addEventListener.apply(caller.signal, args);
      },
      removeEventListener: (...args: Parameters<typeof removeEventListener>) => {
        listeners -= 1;
        removeEventListener.apply(caller.signal, args);
      },
    });
    await answered({ ...client, signal: caller.signal }, { url: base });
    expect(listeners).toBe(0);
  });
});

test('proxies that the process knows are not asked', async () => {
  const proxy = await serveHttp((_seen, response) => response.end('proxy'));
  const address = `http://127.0.0.1:${proxy.port}`;
  const { globalAgent } = http;
  const saved = { ...process.env };
  Object.assign(process.env, { http_proxy: address, HTTP_PROXY: address, NODE_USE_ENV_PROXY: '1' });
  // Later Nodes have a switch for the whole process; an embedder may replace the agent in any.
  const setGlobalProxy: unknown = Reflect.get(http, 'setGlobalProxyFromEnv');
  const restore = typeof setGlobalProxy === 'function' ? setGlobalProxy({ http_proxy: address }) : undefined;
  const asked: unknown[] = [];
  http.globalAgent = new (class extends http.Agent {
    override createConnection(...args: Parameters<http.Agent['createConnection']>) {
      asked.push(args);
      return super.createConnection(...args);
    }
  })();
  try {
    const { body } = await answered(client, { url: `${base}/direct` });
    expect(text(body)).toBe('GET /direct ');
    expect({ asked, proxied: proxy.connections() }).toEqual({ asked: [], proxied: 0 });
  } finally {
    http.globalAgent = globalAgent;
    restore?.();
    process.env = saved;
    await proxy.close();
  }
});
