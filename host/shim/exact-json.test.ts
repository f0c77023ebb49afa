import fc from 'fast-check';
import { expect, test } from 'vitest';
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
    const { value, stringify } = parseExactJson(text);
    expect(stringify(value)).toBe(text);
  });
}

test('a changed number is written as it is', () => {
  const { value, stringify } = parseExactJson('{"a":18446744073709551615,"b":1}');
  expect(stringify({ ...(value as object), a: 5, c: 'x' })).toBe('{"a":5,"b":1,"c":"x"}');
});

test('no limit is the largest number that runtimes read, also where the text had none', () => {
  const limits = { hard: 2 ** 64, limit: 2 ** 63, text: '18446744073709552000' };
  const text = '{"hard":18446744073709551615,"limit":9223372036854775807,"text":"18446744073709552000"}';
  expect(parseExactJson('{}').stringify(limits)).toBe(text);
});

test('any JSON with large numbers comes back as it was', () => {
  const number = fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }).filter((n) => n % 4096n === 0n);
  fc.assert(
    fc.property(fc.array(fc.oneof(number, fc.string(), fc.integer())), (items) => {
      const text = `[${items.map((item) => (typeof item === 'bigint' ? `${item}` : JSON.stringify(item))).join(',')}]`;
      const { value, stringify } = parseExactJson(text);
      expect(stringify(value)).toBe(text);
    }),
  );
});
