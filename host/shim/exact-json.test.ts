import fc from 'fast-check';
import { expect, test } from 'vitest';
import { thrown } from '../../test/support/thrown.js';
import { parseExactJson } from './index.js';

const cases = [
  { name: 'an unlimited rlimit', text: '{"hard":18446744073709551615,"soft":1024}' },
  { name: 'the largest memory limit', text: '{"limit":9223372036854771712}' },
  { name: 'a negative one', text: '[-9223372036854775808]' },
  { name: 'digits inside a text', text: '["18446744073709551615","\\\\\\"18446744073709551615"]' },
  { name: 'a long script in a text', text: `["${'\\\\'.repeat(3_900_000)}",18446744073709551615]` },
  { name: 'both', text: '["18446744073709551615",18446744073709551615]' },
  { name: 'numbers that need nothing', text: '[0,-1,1.5,9007199254740991]' },
];
for (const { name, text } of cases) {
  test(`parseExactJson() keeps ${name}`, () => {
    const { value, stringify } = parseExactJson(text, 'it');
    expect(stringify(value)).toBe(text);
  });
}

test('a changed number is written as it is', () => {
  const { value, stringify } = parseExactJson('{"a":18446744073709551615,"b":1}', 'it');
  expect(stringify({ ...(value as object), a: 5, c: 'x' })).toBe('{"a":5,"b":1,"c":"x"}');
});

test('no limit is the largest number that runtimes read, also where the text had none', () => {
  const limits = { hard: 2 ** 64, limit: 2 ** 63, text: '18446744073709552000' };
  const text = '{"hard":18446744073709551615,"limit":9223372036854775807,"text":"18446744073709552000"}';
  expect(parseExactJson('{}', 'it').stringify(limits)).toBe(text);
});

const keys = [
  { name: 'a key in each of several objects', text: '{"a":{"a":1},"b":[{"a":1},{"a":2}]}', twice: false },
  { name: 'texts that look like keys', text: String.raw`["a:",{"\\":":"},"\":","\\\":"]`, twice: false },
  { name: 'a key twice', text: '{"x":[{"a":1,"b":2,"a":1}]}', twice: true },
  { name: 'a key twice, once in other letters', text: String.raw`{"a":1,"\u0061":2}`, twice: true },
  { name: 'a key twice, with space before the colon', text: '{"a":1,"a" \t\r\n:2}', twice: true },
  { name: 'the key __proto__', text: '{"__proto__":{"a":1},"a":2}', twice: false },
  { name: 'that key twice', text: '{"__proto__":{"a":1},"__proto__":2}', twice: true },
  { name: 'a million levels', text: `${'{"a":'.repeat(1_000_000)}1${'}'.repeat(1_000_000)}`, twice: false },
  { name: 'a million values', text: `[${'0,'.repeat(1_000_000)}0]`, twice: false },
];
for (const { name, text, twice } of keys) {
  test(`parseExactJson() ${twice ? 'refuses' : 'takes'} ${name}`, () => {
    if (twice)
      expect(thrown(() => parseExactJson(text, 'it')).message).toBe('Cannot read it: an object in it has a key twice');
    else parseExactJson(text, 'it');
  });
}

test('what is no JSON is refused', () => {
  expect(thrown(() => parseExactJson('{"a":', 'it'))).toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'Cannot read it: it is not JSON',
  });
});

test('any JSON with large numbers comes back as it was', () => {
  const number = fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }).filter((n) => n % 4096n === 0n);
  fc.assert(
    fc.property(fc.array(fc.oneof(number, fc.string(), fc.integer())), (items) => {
      const text = `[${items.map((item) => (typeof item === 'bigint' ? `${item}` : JSON.stringify(item))).join(',')}]`;
      const { value, stringify } = parseExactJson(text, 'it');
      expect(stringify(value)).toBe(text);
    }),
  );
});

test('in any JSON a key that is added once more is found', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (json, key) => {
      const inner = JSON.stringify(json);
      parseExactJson(`{${JSON.stringify(key)}:${inner}}`, 'it');
      const twice = `{${JSON.stringify(key)}:${inner},"":${inner},${JSON.stringify(key)} :1}`;
      expect(thrown(() => parseExactJson(twice, 'it')).code).toBe('CONFIG_INVALID');
    }),
  );
});
