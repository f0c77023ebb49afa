import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveHttp, type TestServer } from '../../../test/support/http-servers.js';
import { Refusal } from '../answer.js';
import { exchange } from './exchange.js';
import { parseTarget } from './target.js';

let server: TestServer;
beforeAll(async () => {
  server = await serveHttp((_seen, response) => response.end('hello'));
});
afterAll(() => server.close());

const outgoing = () => ({
  method: 'GET',
  target: parseTarget(`http://127.0.0.1:${server.port}/`),
  headers: [],
  body: undefined,
});

test('exchange() gives nothing of an answer that came while it was given up', async () => {
  const ending = new AbortController();
  const reason = new Refusal('limit', 'the time is up');
  const used = exchange(outgoing(), {}, ending.signal, async () => {
    ending.abort(reason);
    return 'half of it';
  });
  await expect(used).rejects.toBe(reason);
});

test('exchange() tells a mistake of the host from what the network does', async () => {
  const bug = new TypeError('undefined is not a function');
  const used = exchange(outgoing(), {}, new AbortController().signal, () => Promise.reject(bug));
  await expect(used).rejects.toBe(bug);
});

test('exchange() closes the connection of an answer that nobody read', async () => {
  await exchange(outgoing(), {}, new AbortController().signal, async ({ statusCode }) => expect(statusCode).toBe(200));
  await expect.poll(() => server.open()).toBe(0);
});
