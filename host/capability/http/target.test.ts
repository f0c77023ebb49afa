import { urlToHttpOptions } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseGrant } from '../../grant/index.js';
import { Refusal } from '../answer.js';
import { checkGranted, MAX_URL_CHARS, parseTarget } from './target.js';

/** `granted`, or the code of the refusal. */
function outcome(grants: readonly string[], url: string): string {
  try {
    checkGranted(grants.map(parseGrant), parseTarget(url));
    return 'granted';
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
}

const API = ['http:api.example.com:443'];
const LOCAL = ['http:127.0.0.1:8080'];
const V6 = ['http:[2001:db8::1]:80'];

const cases: readonly { name: string; grants: readonly string[]; url: string; want: string }[] = [
  { name: 'the host and its default port', grants: API, url: 'https://api.example.com/v1?a=b#c', want: 'granted' },
  { name: 'the port in figures', grants: API, url: 'https://api.example.com:443/', want: 'granted' },
  { name: 'the other scheme at the same place', grants: API, url: 'http://api.example.com:443/', want: 'granted' },
  { name: 'the other scheme at its own port', grants: API, url: 'http://api.example.com/', want: 'denied' },
  { name: 'another port', grants: API, url: 'https://api.example.com:444/', want: 'denied' },
  { name: 'upper case', grants: API, url: 'HTTPS://API.EXAMPLE.COM/', want: 'granted' },
  { name: 'a final dot', grants: API, url: 'https://api.example.com./', want: 'granted' },
  { name: 'two final dots', grants: API, url: 'https://api.example.com../', want: 'denied' },
  { name: 'an escaped letter of the host', grants: API, url: 'https://%61pi.example.com/', want: 'granted' },
  { name: 'full-width letters of the host', grants: API, url: 'https://ａｐｉ.example.com/', want: 'granted' },
  { name: 'a soft hyphen in the host', grants: API, url: 'https://a\u00adpi.example.com/', want: 'granted' },
  { name: 'a letter that only looks alike', grants: API, url: 'https://\u0430pi.example.com/', want: 'denied' },
  { name: 'the domain above', grants: API, url: 'https://example.com/', want: 'denied' },
  { name: 'a domain below', grants: API, url: 'https://x.api.example.com/', want: 'denied' },
  {
    name: 'the host as the beginning of another',
    grants: API,
    url: 'https://api.example.com.evil.org/',
    want: 'denied',
  },
  { name: 'the host as the end of another', grants: API, url: 'https://evilapi.example.com/', want: 'denied' },
  { name: 'the host as a user', grants: API, url: 'https://api.example.com@evil.org/', want: 'invalid' },
  { name: 'the host as user and password', grants: API, url: 'https://api.example.com:443@evil.org/', want: 'invalid' },
  { name: 'a user of the granted host', grants: API, url: 'https://u@api.example.com/', want: 'invalid' },
  { name: 'a password alone', grants: API, url: 'https://:p@api.example.com/', want: 'invalid' },
  { name: 'a user that is empty', grants: API, url: 'https://@api.example.com/', want: 'granted' },
  { name: 'the host behind a backslash', grants: API, url: 'https://evil.org\\@api.example.com/', want: 'denied' },
  { name: 'the host in the path', grants: API, url: 'https://evil.org/api.example.com', want: 'denied' },
  { name: 'the host in the fragment', grants: API, url: 'https://evil.org#@api.example.com/', want: 'denied' },
  { name: 'another protocol', grants: API, url: 'ftp://api.example.com:443/', want: 'invalid' },
  { name: 'a file', grants: API, url: 'file:///etc/passwd', want: 'invalid' },
  { name: 'a web socket', grants: API, url: 'wss://api.example.com/', want: 'invalid' },
  { name: 'data', grants: API, url: 'data:text/plain,x', want: 'invalid' },
  { name: 'a relative URL', grants: API, url: '//api.example.com/', want: 'invalid' },
  { name: 'nothing', grants: API, url: '', want: 'invalid' },
  { name: 'a line break in the host', grants: API, url: 'https://api.exam\nple.com/', want: 'invalid' },
  { name: 'a space before it', grants: API, url: ' https://api.example.com/', want: 'invalid' },
  { name: 'port 0', grants: API, url: 'https://api.example.com:0/', want: 'denied' },
  { name: 'a port past the last', grants: API, url: 'https://api.example.com:65536/', want: 'invalid' },
  { name: 'a port that wraps to the granted one', grants: API, url: 'https://api.example.com:65979/', want: 'invalid' },
  { name: 'a port with leading zeros', grants: API, url: 'https://api.example.com:000443/', want: 'granted' },
  { name: 'an address', grants: LOCAL, url: 'http://127.0.0.1:8080/', want: 'granted' },
  { name: 'the address in short', grants: LOCAL, url: 'http://127.1:8080/', want: 'granted' },
  { name: 'the address as one number', grants: LOCAL, url: 'http://2130706433:8080/', want: 'granted' },
  { name: 'the address in hexadecimal', grants: LOCAL, url: 'http://0x7f.0.0.1:8080/', want: 'granted' },
  { name: 'the address in octal', grants: LOCAL, url: 'http://0177.0.0.1:8080/', want: 'granted' },
  { name: 'the address with a final dot', grants: LOCAL, url: 'http://127.0.0.1.:8080/', want: 'granted' },
  { name: 'the address in full-width figures', grants: LOCAL, url: 'http://１２７.0.0.1:8080/', want: 'granted' },
  { name: 'another address of loopback', grants: LOCAL, url: 'http://127.0.0.2:8080/', want: 'denied' },
  { name: 'the name of the address', grants: LOCAL, url: 'http://localhost:8080/', want: 'denied' },
  { name: 'the address inside IPv6', grants: LOCAL, url: 'http://[::ffff:127.0.0.1]:8080/', want: 'denied' },
  { name: 'the address as a name’s first labels', grants: LOCAL, url: 'http://127.0.0.1.nip.io:8080/', want: 'denied' },
  { name: 'an IPv6 address', grants: V6, url: 'http://[2001:db8::1]/', want: 'granted' },
  { name: 'an IPv6 address at full length', grants: V6, url: 'http://[2001:0DB8:0:0:0:0:0:0001]/', want: 'granted' },
  { name: 'another IPv6 address', grants: V6, url: 'http://[2001:db8::2]/', want: 'denied' },
  { name: 'an IPv6 address with a zone', grants: V6, url: 'http://[2001:db8::1%25eth0]/', want: 'invalid' },
  { name: 'an IPv6 address without brackets', grants: V6, url: 'http://2001:db8::1/', want: 'invalid' },
  {
    name: 'a name beyond ASCII',
    grants: ['http:xn--bcher-kva.example:80'],
    url: 'http://BÜCHER.example/',
    want: 'granted',
  },
  { name: 'one of two grants', grants: [...API, ...LOCAL], url: 'http://127.0.0.1:8080/', want: 'granted' },
  {
    name: 'host and port of two grants mixed',
    grants: [...API, ...LOCAL],
    url: 'http://127.0.0.1:443/',
    want: 'denied',
  },
  { name: 'a grant of something else', grants: ['env:*', 'fs:/:rw'], url: 'http://a/', want: 'denied' },
  { name: 'nothing granted', grants: [], url: 'http://a/', want: 'denied' },
  { name: 'the longest URL', grants: ['http:a:80'], url: `http://a/${'b'.repeat(MAX_URL_CHARS - 9)}`, want: 'granted' },
  {
    name: 'one character more',
    grants: ['http:a:80'],
    url: `http://a/${'b'.repeat(MAX_URL_CHARS - 8)}`,
    want: 'invalid',
  },
  { name: 'one that escapes make longer', grants: ['http:a:80'], url: `http://a/${'ü'.repeat(2000)}`, want: 'invalid' },
];

describe('a URL against grants', () => {
  for (const { name, grants, url, want } of cases) {
    test(`${name}: ${want}`, () => expect(outcome(grants, url)).toBe(want));
  }
});

test('a refusal says which grant would do, and is short whatever the guest says', () => {
  expect(() => checkGranted([], parseTarget('HTTP://API.example.com./x'))).toThrow(
    expect.objectContaining({ code: 'denied', hint: 'Ask for http:api.example.com:80' }),
  );
  expect(() => parseTarget('\u001b'.repeat(1_000_000))).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^.{0,2000}$/) }),
  );
});

test('what a server redirects to is a mistake of the server', () => {
  const base = new URL('http://a/b/c');
  expect(parseTarget('../d?e#f', base).url.href).toBe('http://a/d?e');
  expect(parseTarget('//other:8080', base)).toMatchObject({ host: 'other', port: 8080 });
  expect(() => parseTarget('javascript:alert(1)', base)).toThrow(expect.objectContaining({ code: 'failed' }));
  expect(() => parseTarget('http://u:p@a/', base)).toThrow(expect.objectContaining({ code: 'failed' }));
});

describe('any text at all', () => {
  const names = ['granted.example', 'GRANTED.example.', 'granted%2eexample', '127.0.0.1', '127.1', '[::1]', '[0::1]'];
  const hosts = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...names) },
    fc.webAuthority({ withUserInfo: true, withPort: true, withIPv4: true, withIPv6: true, withIPv4Extended: true }),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
  const parts = [
    fc.constantFrom('http://', 'https://', 'HTTP:', 'http:\\\\', '//', 'ws://'),
    hosts,
    fc.constantFrom('', ':80', ':8080', ':0'),
    fc.constantFrom('', '/', '?', '#', '@', '\\'),
    fc.string({ unit: 'binary', maxLength: 10 }),
  ] as const;
  const urls = fc.oneof(
    { weight: 9, arbitrary: fc.tuple(...parts).map((chosen) => chosen.join('')) },
    fc.string({ unit: 'binary' }),
  );
  const granted = ['http:granted.example:80', 'http:127.0.0.1:8080', 'http:[::1]:80'].map(parseGrant);

  test('is refused, or becomes a place that a grant names', () => {
    let accepted = 0;
    fc.assert(
      fc.property(urls, (text) => {
        let target: ReturnType<typeof parseTarget>;
        try {
          target = parseTarget(text);
          checkGranted(granted, target);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          return;
        }
        accepted += 1;
        expect(['granted.example:80', '127.0.0.1:8080', '[::1]:80']).toContain(`${target.host}:${target.port}`);
        // Node's own reader of URLs says the same of where this leads.
        const { hostname, port } = urlToHttpOptions(target.url);
        expect(hostname).toBe(target.host.replace(/^\[|\]$/g, ''));
        expect(Number(port) || { 'http:': 80, 'https:': 443 }[target.url.protocol]).toBe(target.port);
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
