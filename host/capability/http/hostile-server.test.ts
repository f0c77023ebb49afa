/** Servers that do not play by the rules: too much, too slow, too little, something else. */
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { answered, type Client, codeOf, type HttpRequest, send } from '../../../test/support/http-client.js';
import { serveTcp, type TestServer } from '../../../test/support/http-servers.js';
import { MAX_RESPONSE_HEADERS } from './exchange.js';
import { MAX_RESPONSE_HEADER_BYTES } from './open-request.js';

const servers: TestServer[] = [];
afterEach(async () => {
  // What was refused is not left running either.
  for (const server of servers.splice(0)) {
    await expect.poll(() => server.open()).toBe(0);
    await server.close();
  }
});

/** A server that says `talk` to whatever it is asked; `url` leads to it. */
async function serving(
  talk: (socket: Socket) => void,
  sources: Client['sources'] = {},
): Promise<{ client: Client; url: string; server: TestServer }> {
  const server = await serveTcp((socket) => socket.once('data', () => talk(socket)));
  servers.push(server);
  const client = { grants: [`http:127.0.0.1:${server.port}`], sources: { timeoutMs: 60_000, ...sources } };
  return { client, url: `http://127.0.0.1:${server.port}/`, server };
}

/** Write `chunk` again and again, as fast as it is taken; gives the number of bytes that were. */
function flood(socket: Socket, chunk: Buffer): () => number {
  const push = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', push);
  push();
  return () => socket.bytesWritten;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const chunk = (text: string): Buffer => Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`);

describe('a body', () => {
  const says = (head: string, body: Buffer): ((socket: Socket) => void) => {
    return (socket) => socket.end(Buffer.concat([Buffer.from(`${OK}${head}\r\n`), body]));
  };
  const rows: readonly {
    name: string;
    talk: (socket: Socket) => void;
    request?: Partial<HttpRequest>;
    want: string;
  }[] = [
    {
      name: 'that is as long as allowed',
      talk: says('content-length: 10\r\n', Buffer.alloc(10)),
      want: 'answered 200',
    },
    { name: 'that is one byte longer', talk: says('content-length: 11\r\n', Buffer.alloc(11)), want: 'limit' },
    {
      name: 'in chunks as long as allowed',
      talk: says('transfer-encoding: chunked\r\n', Buffer.concat([chunk('12345'), chunk('67890'), chunk('')])),
      want: 'answered 200',
    },
    {
      name: 'in chunks one byte longer',
      talk: says('transfer-encoding: chunked\r\n', Buffer.concat([chunk('12345'), chunk('678901'), chunk('')])),
      want: 'limit',
    },
    { name: 'without a length, one byte longer', talk: says('', Buffer.alloc(11)), want: 'limit' },
    {
      name: 'longer than the guest will have it',
      talk: says('content-length: 5\r\n', Buffer.alloc(5)),
      request: { maxBytes: 4 },
      want: 'limit',
    },
    {
      name: 'for which the guest would have more than the host',
      talk: says('content-length: 11\r\n', Buffer.alloc(11)),
      request: { maxBytes: 1000 },
      want: 'limit',
    },
    {
      name: 'that the guest does not want, and that is empty',
      talk: says('content-length: 0\r\n', Buffer.alloc(0)),
      request: { maxBytes: 0 },
      want: 'answered 200',
    },
    { name: 'that ends early', talk: says('content-length: 10\r\n', Buffer.alloc(9)), want: 'failed' },
    {
      name: 'whose last chunk is missing',
      talk: says('transfer-encoding: chunked\r\n', chunk('12345')),
      want: 'failed',
    },
    {
      name: 'whose chunk has no length',
      talk: says('transfer-encoding: chunked\r\n', Buffer.from('zz\r\n')),
      want: 'failed',
    },
    {
      name: 'with two lengths',
      talk: says('content-length: 1\r\ncontent-length: 2\r\n', Buffer.alloc(2)),
      want: 'failed',
    },
    {
      name: 'with a length and chunks',
      talk: says('content-length: 1\r\ntransfer-encoding: chunked\r\n', chunk('')),
      want: 'failed',
    },
    {
      name: 'of a HEAD request with a length beyond the limit',
      talk: says('content-length: 1000000\r\n', Buffer.alloc(0)),
      request: { method: 'HEAD' },
      want: 'answered 200',
    },
  ];
  for (const { name, talk, request = {}, want } of rows) {
    test(`${name}: ${want}`, async () => {
      const { client, url } = await serving(talk, { bodyBytes: 10 });
      expect(await codeOf(client, { url, ...request })).toBe(want);
    });
  }

  for (const head of ['content-length: 1000000000000\r\n', 'transfer-encoding: chunked\r\n', '']) {
    test(`that never ends is cut while it comes: ${JSON.stringify(head)}`, async () => {
      let sent = (): number => 0;
      const { client, url } = await serving(
        (socket) => {
          socket.write(`${OK}${head}\r\n`);
          sent = flood(socket, chunk('x'.repeat(65_536)));
        },
        { bodyBytes: 1_000_000 },
      );
      const before = process.memoryUsage().rss;
      expect(await codeOf(client, { url })).toBe('limit');
      // What was on its way in the buffers of both sockets, on top of what was read.
      expect(sent()).toBeLessThan(20_000_000);
      expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    });
  }

  test('that is compressed stays compressed: a bomb is as small as it was sent', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const { client, url } = await serving(
      (socket) =>
        socket.end(
          Buffer.concat([Buffer.from(`${OK}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`), bomb]),
        ),
      { bodyBytes: 100_000 },
    );
    const { body, headers } = await answered(client, { url, headers: [{ name: 'Accept-Encoding', value: 'gzip' }] });
    expect(Buffer.compare(body, bomb)).toBe(0);
    expect(headers[0]).toEqual({ name: 'content-encoding', value: 'gzip' });
  });

  test('that is too long for a message of the plugin is refused, with its headers and all', async () => {
    const head = `content-length: 1000\r\n${Array.from({ length: 50 }, (_, i) => `h${i}: v\r\n`).join('')}`;
    const { client, url } = await serving((socket) => socket.end(`${OK}${head}\r\n${'x'.repeat(1000)}`));
    expect(await codeOf({ ...client, messageBytes: 1500 }, { url })).toBe('limit');
    expect(await codeOf({ ...client, messageBytes: 3000 }, { url })).toBe('answered 200');
    // What cannot fit is not even read.
    expect((await send({ ...client, messageBytes: 999 }, { url })).refused?.message).toContain('longer than 999 bytes');
  });
});

describe('headers', () => {
  const lines = (bytes: number): string => `a: ${'b'.repeat(bytes - 5)}\r\n`;
  const floods = [
    { name: 'many lines', text: 'a: b\r\n'.repeat(MAX_RESPONSE_HEADERS + 1) },
    { name: 'very many lines', text: 'a:\r\n'.repeat(MAX_RESPONSE_HEADER_BYTES + 100) },
    { name: 'one line', text: lines(MAX_RESPONSE_HEADER_BYTES + 100) },
    { name: 'one name', text: `${'a'.repeat(MAX_RESPONSE_HEADER_BYTES + 100)}: b\r\n` },
  ];
  for (const { name, text } of floods) {
    test(`that are too long are refused: ${name}`, async () => {
      const { client, url } = await serving((socket) => socket.end(`${OK}${text}\r\n`));
      const { refused } = await send(client, { url });
      expect(refused).toMatchObject({ code: 'limit', message: expect.stringContaining('headers') });
    });
  }

  test('that never end are cut', async () => {
    let sent = (): number => 0;
    const { client, url } = await serving((socket) => {
      socket.write(OK);
      sent = flood(socket, Buffer.from('a: b\r\n'.repeat(1000)));
    });
    expect(await codeOf(client, { url })).toBe('limit');
    expect(sent()).toBeLessThan(20_000_000);
  });

  test('behind the body are not kept, and bounded too', async () => {
    const trailer = (text: string) => `${OK}transfer-encoding: chunked\r\n\r\n0\r\n${text}\r\n`;
    const few = await serving((socket) => socket.end(trailer('a: b\r\n')));
    expect((await answered(few.client, { url: few.url })).headers.map(({ name }) => name)).toEqual([
      'transfer-encoding',
    ]);
    const many = await serving((socket) => socket.end(trailer('a: b\r\n'.repeat(MAX_RESPONSE_HEADER_BYTES))));
    expect(await codeOf(many.client, { url: many.url })).not.toBe('answered 200');
  });

  test('as many, and as long, as are allowed all arrive', async () => {
    const text = [lines(MAX_RESPONSE_HEADER_BYTES - 1000), lines(100)];
    const long = await serving((socket) => socket.end(`${OK}${text.join('')}\r\n`));
    expect((await answered(long.client, { url: long.url })).headers).toHaveLength(2);
    const many = await serving((socket) => socket.end(`${OK}${'a: b\r\n'.repeat(MAX_RESPONSE_HEADERS)}\r\n`));
    expect((await answered(many.client, { url: many.url })).headers).toHaveLength(MAX_RESPONSE_HEADERS);
  });
});

describe('time', () => {
  const slow: readonly { name: string; talk: (socket: Socket) => void }[] = [
    { name: 'no answer', talk: () => undefined },
    { name: 'headers that drip', talk: (socket) => drip(socket, OK, 'a: b\r\n') },
    { name: 'a body that drips', talk: (socket) => drip(socket, `${OK}content-length: 100000\r\n\r\n`, 'x') },
    {
      name: 'answers to come that never end',
      talk: (socket) => drip(socket, '', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'),
    },
  ];
  function drip(socket: Socket, first: string, then: string): void {
    socket.write(first);
    const timer = setInterval(() => socket.write(then), 10);
    socket.on('close', () => clearInterval(timer));
  }
  for (const { name, talk } of slow) {
    test(`is up for ${name}`, async () => {
      const { client, url } = await serving(talk, { timeoutMs: 300 });
      const start = performance.now();
      const { refused } = await send(client, { url });
      expect(refused).toEqual({ code: 'limit', message: 'Cannot finish the request: it took longer than 300 ms' });
      expect(performance.now() - start).toBeGreaterThan(250);
    });
  }

  test('is what the guest asks for, up to what the host allows', async () => {
    const { client, url } = await serving(() => undefined, { timeoutMs: 300 });
    expect((await send(client, { url, timeoutMs: 100 })).refused?.message).toContain('100 ms');
    expect((await send(client, { url, timeoutMs: 60_000 })).refused?.message).toContain('300 ms');
  });

  test('is one for all redirects', async () => {
    const { client, url } = await serving(
      (socket) => setTimeout(() => socket.end('HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n'), 100),
      { timeoutMs: 350 },
    );
    expect((await send(client, { url, redirects: 20 })).refused?.message).toContain('350 ms');
  });
});

describe('an answer that is none', () => {
  const rows = [
    { name: 'nothing at all', says: '' },
    { name: 'another protocol', says: 'SSH-2.0-OpenSSH_9.2\r\n' },
    { name: 'half a status line', says: 'HTTP/1.1 20' },
    { name: 'headers without an end', says: `${OK}a: b\r\n` },
    { name: 'a header with a bare line feed in its name', says: `${OK}a\nb: c\r\n\r\n` },
    {
      name: 'a switch to another protocol',
      says: 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    },
    { name: 'only a promise', says: 'HTTP/1.1 100 Continue\r\n\r\n' },
  ];
  for (const { name, says } of rows) {
    test(`fails at once: ${name}`, async () => {
      const { client, url } = await serving((socket) => socket.end(says));
      expect(await codeOf(client, { url })).toBe('failed');
    });
  }

  test('a switch to another protocol whose server goes on talking ends too', async () => {
    const { client, url } = await serving((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');
      flood(socket, Buffer.alloc(65_536));
    });
    expect(await codeOf(client, { url })).toBe('failed');
  });

  test('a second answer behind the first is not read', async () => {
    const { client, url } = await serving((socket) =>
      socket.end(`${OK}content-length: 1\r\n\r\na${OK}content-length: 1\r\n\r\nb`),
    );
    expect(Buffer.from((await answered(client, { url })).body).toString()).toBe('a');
  });

  test('an answer before the request is read whole is taken', async () => {
    const { client, url } = await serving((socket) => {
      socket.pause();
      socket.write(`${OK}content-length: 1\r\n\r\na`);
      setTimeout(() => socket.destroy(), 2000);
    });
    const body = Buffer.alloc(8_000_000);
    expect(await codeOf(client, { url, method: 'POST', body })).toBe('answered 200');
  });
});
