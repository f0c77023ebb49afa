/** Redirects between real servers: where a guest may not go, no redirect leads it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answered, type Client, codeOf, send } from '../../../test/support/http-client.js';
import { type Seen, serveHttp, serveTcp, type TestServer } from '../../../test/support/http-servers.js';

/** Granted; redirects to whatever its path says, with the status that begins it: `/302/http://…`. */
let granted: TestServer;
/** Granted as well. */
let friend: TestServer;
/** Not granted. */
let stranger: TestServer;
let client: Client;
const at = ({ port }: TestServer): string => `http://127.0.0.1:${port}`;
let seenBefore = 0;

beforeAll(async () => {
  granted = await serveHttp(({ path }, response) => {
    const [, status, location] = /^\/(3\d\d)\/(.*)$/.exec(path) ?? [];
    if (status === undefined) {
      response.end('here');
    } else {
      response.writeHead(Number(status), { location: decodeURIComponent(location ?? '') }).end('moved');
    }
  });
  friend = await serveHttp((_seen, response) => response.end('friend'));
  stranger = await serveHttp((_seen, response) => response.end('stranger'));
  client = { grants: [`http:127.0.0.1:${granted.port}`, `http:127.0.0.1:${friend.port}`] };
});
afterAll(() => Promise.all([granted.close(), friend.close(), stranger.close()]));
beforeEach(() => {
  seenBefore = granted.seen.length;
});

const to = (location: string, status = 302): string => `${at(granted)}/${status}/${encodeURIComponent(location)}`;
const requests = (): readonly Seen[] => granted.seen.slice(seenBefore);

describe('a redirect', () => {
  test('to a granted host is followed, and the answer says where it came from', async () => {
    const { body, url, status } = await answered(client, { url: to(`${at(friend)}/x#y`) });
    expect({ body: Buffer.from(body).toString(), url, status }).toEqual({
      body: 'friend',
      url: `${at(friend)}/x`,
      status: 200,
    });
  });

  test('takes no secrets along to another host', async () => {
    const headers = ['authorization', 'cookie', 'x-api-key', 'accept'].map((name) => ({ name, value: 's' }));
    await answered(client, { url: to(at(friend)), headers });
    expect(requests()[0]?.headers).toMatchObject({ authorization: 's', cookie: 's', 'x-api-key': 's', accept: 's' });
    const { headers: arrived } = friend.seen.at(-1) as Seen;
    expect(Object.keys(arrived).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });

  test('to a host that was not granted is refused without a connection', async () => {
    const { refused } = await send(client, { url: to(`${at(stranger)}/secret`) });
    expect(refused).toEqual({
      code: 'denied',
      message: `Cannot connect to "${at(stranger)}": no grant covers it`,
      hint: `Ask for http:127.0.0.1:${stranger.port}`,
    });
    expect(stranger.connections()).toBe(0);
  });

  const elsewhere = [
    { name: 'by another spelling of the address', location: () => `http://127.1:${stranger.port}/`, want: 'denied' },
    { name: 'without a scheme', location: () => `//127.0.0.1:${stranger.port}/`, want: 'denied' },
    { name: 'behind backslashes', location: () => `\\\\127.0.0.1:${stranger.port}/`, want: 'denied' },
    {
      name: 'behind a user',
      location: () => `http://127.0.0.1:${granted.port}@127.0.0.1:${stranger.port}/`,
      want: 'failed',
    },
    { name: 'in the second hop', location: () => to(at(stranger)), want: 'denied' },
    { name: 'to a file', location: () => 'file:///etc/passwd', want: 'failed' },
    { name: 'to data', location: () => 'data:text/plain,x', want: 'failed' },
    { name: 'to another port', location: () => 'http://127.0.0.1:22/', want: 'denied' },
    { name: 'to the metadata of a cloud', location: () => 'http://169.254.169.254/latest/', want: 'denied' },
    { name: 'to nothing', location: () => 'http://', want: 'failed' },
  ];
  for (const { name, location, want } of elsewhere) {
    test(`leads nowhere else ${name}: ${want}`, async () => {
      expect(await codeOf(client, { url: to(location()) })).toBe(want);
      expect(stranger.connections()).toBe(0);
    });
  }

  test('is checked with the method and the body that it gets', async () => {
    const body = Buffer.from('payload');
    await answered(client, { method: 'POST', url: to('/a', 307), body });
    await answered(client, { method: 'POST', url: to('/b', 303), body });
    expect(requests().map(({ method, body: sent, headers }) => [method, sent, headers['content-length']])).toEqual([
      ['POST', 'payload', '7'],
      ['POST', 'payload', '7'],
      ['POST', 'payload', '7'],
      ['GET', '', undefined],
    ]);
  });

  test('is an answer where the guest follows none', async () => {
    const { status, headers, body } = await answered(client, { url: to(at(stranger)), redirects: 0 });
    expect({ status, body: Buffer.from(body).toString() }).toEqual({ status: 302, body: 'moved' });
    expect(headers).toContainEqual({ name: 'location', value: at(stranger) });
    expect(requests()).toHaveLength(1);
  });
});

test('a redirect whose own body never ends is left, not read', async () => {
  const endless = await serveTcp((socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
    };
    socket.on('drain', more);
    socket.once('data', () => {
      socket.write(`HTTP/1.1 302 Found\r\nlocation: ${at(friend)}\r\n\r\n`);
      more();
    });
  });
  const { grants } = client;
  const { url } = await answered({ grants: [...grants, `http:127.0.0.1:${endless.port}`] }, { url: at(endless) });
  expect(url).toBe(`${at(friend)}/`);
  await expect.poll(() => endless.open()).toBe(0);
  await endless.close();
});

describe('a chain of redirects', () => {
  test('may be as long as the guest says, and no longer', async () => {
    const three = to(to(to('/end', 301), 308));
    expect((await answered(client, { url: three, redirects: 3 })).url).toBe(`${at(granted)}/end`);
    expect(requests()).toHaveLength(4);
    expect(await codeOf(client, { url: three, redirects: 2 })).toBe('limit');
    expect(requests()).toHaveLength(4 + 3);
  });

  test('that is a loop ends', async () => {
    const loop = await serveHttp((_seen, response) => response.writeHead(302, { location: '/' }).end());
    expect(await codeOf({ grants: [`http:127.0.0.1:${loop.port}`] }, { url: at(loop) })).toBe('limit');
    expect(loop.seen).toHaveLength(11);
    await loop.close();
  });
});
