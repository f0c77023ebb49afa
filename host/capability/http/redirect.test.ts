import { describe, expect, test } from 'vitest';
import { type Outgoing, redirected } from './redirect.js';
import { parseTarget } from './target.js';

const BODY = new Uint8Array([1]);
const HEADERS = [
  { name: 'Authorization', value: 'secret' },
  { name: 'cookie', value: 'secret' },
  { name: 'X-Api-Key', value: 'secret' },
  { name: 'Accept', value: 'text/plain' },
  { name: 'Content-Type', value: 'text/plain' },
  { name: 'content-language', value: 'en' },
];

function sentTo(url: string, method: string): Outgoing {
  return { method, target: parseTarget(url), headers: HEADERS, body: method === 'GET' ? undefined : BODY };
}

/** Method, whether the body goes along, and the names of the headers; or null for what is an answer. */
function next(status: number, location: string | undefined, method = 'POST', from = 'https://a/x'): string | null {
  const hop = redirected(sentTo(from, method), status, location);
  if (hop === undefined) {
    return null;
  }
  const names = hop.headers.map(({ name }) => name.toLowerCase()).join(' ');
  return `${hop.method} ${hop.target.url.href} ${hop.body === undefined ? 'no body' : 'body'}: ${names}`;
}

const ALL = 'authorization cookie x-api-key accept content-type content-language';
const WITHOUT_BODY = 'authorization cookie x-api-key accept';

const rows: readonly { name: string; args: Parameters<typeof next>; want: string | null }[] = [
  { name: '200 is an answer', args: [200, '/y'], want: null },
  { name: '300 is an answer', args: [300, '/y'], want: null },
  { name: '304 is an answer', args: [304, '/y'], want: null },
  { name: '302 without a place is an answer', args: [302, undefined], want: null },
  { name: '301 after POST', args: [301, '/y'], want: `GET https://a/y no body: ${WITHOUT_BODY}` },
  { name: '302 after POST', args: [302, '/y'], want: `GET https://a/y no body: ${WITHOUT_BODY}` },
  { name: '302 after PUT', args: [302, '/y', 'PUT'], want: `PUT https://a/y body: ${ALL}` },
  { name: '302 after GET', args: [302, '/y', 'GET'], want: `GET https://a/y no body: ${ALL}` },
  { name: '303 after PUT', args: [303, '/y', 'PUT'], want: `GET https://a/y no body: ${WITHOUT_BODY}` },
  { name: '303 after GET', args: [303, '/y', 'GET'], want: `GET https://a/y no body: ${ALL}` },
  { name: '307 after POST', args: [307, '/y'], want: `POST https://a/y body: ${ALL}` },
  { name: '308 after DELETE', args: [308, '/y', 'DELETE'], want: `DELETE https://a/y body: ${ALL}` },
  {
    name: 'another host gets no secrets',
    args: [307, 'https://b/y'],
    want: 'POST https://b/y body: accept content-type content-language',
  },
  { name: 'nor the body that was left out', args: [302, '//b/y'], want: 'GET https://b/y no body: accept' },
  {
    name: 'another port gets no secrets',
    args: [307, 'https://a:444/y'],
    want: 'POST https://a:444/y body: accept content-type content-language',
  },
  {
    name: 'what is not encrypted gets no secrets',
    args: [307, 'http://a/y'],
    want: 'POST http://a/y body: accept content-type content-language',
  },
  {
    name: 'the default port is the same origin',
    args: [307, 'https://a:443/y'],
    want: `POST https://a/y body: ${ALL}`,
  },
  { name: 'an empty place is the same page', args: [302, '', 'GET'], want: `GET https://a/x no body: ${ALL}` },
  {
    name: 'UTF-8 in the place',
    args: [302, Buffer.from('/ü').toString('latin1'), 'GET'],
    want: `GET https://a/%C3%BC no body: ${ALL}`,
  },
];

describe('redirected()', () => {
  for (const { name, args, want } of rows) {
    test(name, () => expect(next(...args)).toBe(want));
  }

  test('what was left out for one hop stays out for the next, also back home', () => {
    const away = redirected(sentTo('https://a/', 'GET'), 302, 'https://b/');
    const back = redirected(away as Outgoing, 302, 'https://a/');
    expect(back?.headers).toEqual([
      { name: 'Accept', value: 'text/plain' },
      { name: 'Content-Type', value: 'text/plain' },
      { name: 'content-language', value: 'en' },
    ]);
  });
});
