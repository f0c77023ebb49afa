import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered, type Client, send } from '../../../test/support/http-client.js';
import { serveHttp, type TestServer } from '../../../test/support/http-servers.js';
import { selfSigned } from '../../../test/support/self-signed.js';

const certificate = selfSigned(['localhost', '127.0.0.1']);
let server: TestServer;
let grants: readonly string[];

beforeAll(async () => {
  server = await serveHttp((_seen, response) => response.end('secure'), certificate);
  grants = [`http:localhost:${server.port}`, `http:127.0.0.1:${server.port}`, `http:other.example:${server.port}`];
});
afterAll(() => server.close());

async function outcome(client: Client, url: string): Promise<string> {
  const { response, refused } = await send(client, { url });
  return response === undefined ? `${refused?.code}: ${refused?.message}` : Buffer.from(response.body).toString();
}

describe('https', () => {
  test('works with a certificate that is trusted, by name and by address', async () => {
    const client = { grants, sources: { ca: certificate.cert } };
    expect(await outcome(client, `https://localhost:${server.port}`)).toBe('secure');
    expect(await outcome(client, `https://127.0.0.1:${server.port}`)).toBe('secure');
    await expect.poll(() => server.open()).toBe(0);
  });

  test('fails with one that nobody vouches for', async () => {
    const url = `https://localhost:${server.port}/`;
    expect(await outcome({ grants }, url)).toBe(`failed: Cannot GET "${url}": DEPTH_ZERO_SELF_SIGNED_CERT`);
  });

  test('fails with one for another name', async () => {
    const { lookup } = await import('node:dns');
    const client: Client = {
      grants,
      sources: { ca: certificate.cert, lookup: (_name, options, callback) => lookup('127.0.0.1', options, callback) },
    };
    const url = `https://other.example:${server.port}/`;
    expect(await outcome(client, url)).toBe(`failed: Cannot GET "${url}": ERR_TLS_CERT_ALTNAME_INVALID`);
  });

  test('checks certificates also in a process that has switched that off', async () => {
    const saved = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      expect(await outcome({ grants }, `https://localhost:${server.port}`)).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    } finally {
      if (saved === undefined) {
        delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      } else {
        process.env.NODE_TLS_REJECT_UNAUTHORIZED = saved;
      }
    }
  });

  test('fails where the server speaks plainly, and the other way round', async () => {
    const plain = await serveHttp((_seen, response) => response.end('plain'));
    const both = { grants: [...grants, `http:127.0.0.1:${plain.port}`], sources: { ca: certificate.cert } };
    expect(await outcome(both, `https://127.0.0.1:${plain.port}`)).toContain('failed');
    expect(await outcome(both, `http://127.0.0.1:${server.port}`)).toContain('failed');
    expect(server.seen.concat(plain.seen).filter(({ path }) => path !== '/')).toEqual([]);
    await plain.close();
  });

  test('gives nothing of the request to a server that it does not trust', async () => {
    const seen = server.seen.length;
    await outcome({ grants }, `https://localhost:${server.port}/?token=1`);
    expect(server.seen).toHaveLength(seen);
  });

  test('takes no session over from one plugin to the next', async () => {
    const sessions: boolean[] = [];
    const counting = createServer(certificate, (request, response) => {
      sessions.push((request.socket as import('node:tls').TLSSocket).isSessionReused());
      response.end();
    });
    await new Promise<void>((resolve) => counting.listen(0, '127.0.0.1', resolve));
    const { port } = counting.address() as AddressInfo;
    const client = { grants: [`http:127.0.0.1:${port}`], sources: { ca: certificate.cert } };
    await answered(client, { url: `https://127.0.0.1:${port}` });
    await answered(client, { url: `https://127.0.0.1:${port}` });
    expect(sessions).toEqual([false, false]);
    await new Promise((resolve) => counting.close(resolve));
  });
});
