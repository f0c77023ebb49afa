/** Manifests, as JSON and as what is none. */
import { type Corpus, type CorpusEntry, good, refused, utf8 } from './entry.js';

const invalid = refused('MANIFEST_INVALID');

const BASE = { name: 'example.com/foo', author: 'A', version: '0.1.0', description: 'd' };
const manifest = (fields: object = {}): Uint8Array => utf8(`${JSON.stringify({ ...BASE, ...fields })}\n`);
/** With a piece of text in it that no object could give. */
const written = (piece: string): Uint8Array => utf8(`${JSON.stringify(BASE).slice(0, -1)},${piece}}\n`);
const settings = (properties: object): Uint8Array => manifest({ settings: { type: 'object', properties } });
const nestedSettings = (levels: number): object =>
  levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: nestedSettings(levels - 1) } };
const command = (fields: object): Uint8Array =>
  manifest({ contributes: { commands: [{ path: 'a', summary: 's', ...fields }] } });
const flag = (fields: object): object => ({ name: 'f', type: 'int', usage: 'u', ...fields });
const label = 'a'.repeat(63);

const GOOD: readonly CorpusEntry[] = [
  good('what-there-must-be', manifest()),
  good('a-name-of-two-hundred-characters', manifest({ name: `${label}/${label}/${label}/${'a'.repeat(8)}` })),
  good('a-version-with-all-that-it-may-have', manifest({ version: '1.2.3-rc.1+build.01' })),
  good('one-key-twice', written('"description":"e"')),
  good('other-scripts-and-plane-one', manifest({ description: 'naïve 名 𝄞' })),
  good('settings-as-deep-as-there-may-be', settings({ a: nestedSettings(5) })),
  good('a-setting-named-as-a-prototype-is', settings({ constructor: { type: 'string', default: 'toString' } })),
  good(
    'a-request-of-every-kind',
    manifest({
      requests: [
        'kv',
        'env:A*',
        'fs:/etc:ro',
        'http:a.example:443',
        'config:mounts',
        'config:/a~1b',
        'process:signal',
        'image',
        'rootfs',
      ],
    }),
  ),
  good('as-many-requests-as-there-may-be', manifest({ requests: Array.from({ length: 128 }, (_, i) => `env:N${i}`) })),
  good('a-request-twice', manifest({ requests: ['fs:/etc//:ro', 'fs:/etc:ro'] })),
  good(
    'a-command-of-four-words-with-flags',
    command({ path: 'a b c d', flags: [flag({ default: -3, shorthand: 'F' })], minArgs: 1, maxArgs: 1 }),
  ),
  good(
    'a-default-of-every-type-of-setting',
    settings({
      a: { type: 'array', items: { type: 'integer' }, default: [1] },
      b: { enum: [null, 1.5, 'x'], default: null },
    }),
  ),
];

const TEXT: readonly CorpusEntry[] = [
  invalid('nothing', []),
  invalid('a-byte-that-is-not-utf-8', manifest(), [0xff]),
  invalid('an-overlong-character-of-utf-8', utf8('{"name":"'), [0xc0, 0xaf], utf8('"}')),
  invalid('a-byte-order-mark', utf8('\ufeff'), manifest()),
  invalid('cut-inside-a-text', manifest().subarray(0, 12)),
  invalid('cut-before-the-last-brace', manifest().subarray(0, -2)),
  invalid('two-manifests', manifest(), manifest()),
  invalid('a-comma-too-many', written('')),
  invalid('a-list', utf8('[]')),
  invalid('null', utf8('null')),
  invalid('lists-a-thousand-deep-under-a-key-that-nobody-knows', written(`"x":${'['.repeat(1000)}${']'.repeat(1000)}`)),
  invalid('lists-a-hundred-thousand-deep-that-never-end', utf8('['.repeat(100_000))),
  invalid(
    'a-number-above-all-numbers',
    written('"settings":{"type":"object","properties":{"a":{"type":"number","default":1e400}}}'),
  ),
];

const FIELDS: readonly CorpusEntry[] = [
  invalid('no-name', utf8('{"author":"A","version":"0.1.0","description":"d"}')),
  invalid('a-name-that-steps-out', manifest({ name: 'example.com/../foo' })),
  invalid('a-name-in-capitals', manifest({ name: 'Example.com/foo' })),
  invalid(
    'a-name-of-two-hundred-and-one-characters',
    manifest({ name: `${label}/${label}/${label}/${'a'.repeat(9)}` }),
  ),
  invalid('a-name-that-is-a-list', manifest({ name: ['example.com/foo'] })),
  invalid('a-version-of-two-numbers', manifest({ version: '1.2' })),
  invalid('a-version-with-a-leading-zero', manifest({ version: '01.2.3' })),
  invalid('a-description-with-a-terminal-escape', manifest({ description: '\u001b[2J' })),
  invalid('a-description-that-turns-text-around', manifest({ description: 'a\u202eb' })),
  invalid('a-description-with-half-a-pair', written('"license":"\\ud800"')),
  invalid('a-description-one-character-too-long', manifest({ description: 'x'.repeat(2001) })),
  invalid('a-key-that-nobody-knows', manifest({ requets: [] })),
  invalid('the-key-of-a-prototype', written('"__proto__":{"name":"x"}')),
  invalid('a-homepage-that-is-a-script', manifest({ homepage: 'javascript:alert(1)' })),
  invalid('a-request-that-nobody-knows', manifest({ requests: ['root'] })),
  invalid('a-request-for-a-relative-path', manifest({ requests: ['fs:etc:ro'] })),
  invalid('a-request-for-any-host', manifest({ requests: ['http:*:443'] })),
  invalid('a-request-for-an-address-in-disguise', manifest({ requests: ['http:0x7f.1:80'] })),
  invalid('one-request-too-many', manifest({ requests: Array.from({ length: 129 }, (_, i) => `env:N${i}`) })),
  invalid('a-command-of-five-words', command({ path: 'a b c d e' })),
  invalid(
    'one-command-twice',
    manifest({
      contributes: {
        commands: [
          { path: 'a', summary: 's' },
          { path: 'a', summary: 's' },
        ],
      },
    }),
  ),
  invalid('fewer-arguments-at-most-than-at-least', command({ minArgs: 2, maxArgs: 1 })),
  invalid('a-flag-of-two-letters-for-short', command({ flags: [flag({ shorthand: 'ff' })] })),
  invalid('a-default-of-another-type', command({ flags: [flag({ default: 'x' })] })),
];

const SETTINGS: readonly CorpusEntry[] = [
  invalid('settings-one-level-too-deep', settings({ a: nestedSettings(6) })),
  invalid('settings-that-are-no-object', manifest({ settings: { type: 'string' } })),
  invalid('a-default-that-does-not-fit', settings({ a: { type: 'string', default: 1 } })),
  invalid(
    'thirty-defaults-that-do-not-fit-a-long-constant',
    settings({ a: { type: 'array', items: { const: 'x'.repeat(20_000) }, default: Array(30).fill(1) } }),
  ),
  invalid(
    'a-default-that-does-not-fit-a-long-enumeration',
    settings({ a: { enum: Array.from({ length: 200 }, (_, i) => `${'x'.repeat(200)}${i}`), default: 1 } }),
  ),
  invalid('a-minimum-above-the-maximum', settings({ a: { type: 'integer', minimum: 2, maximum: 1 } })),
  invalid('nothing-to-choose-from', settings({ a: { enum: [] } })),
  invalid('a-keyword-that-is-not-allowed', settings({ a: { type: 'string', pattern: '(a+)+$' } })),
  invalid('a-reference', settings({ a: { $ref: '#' } })),
  invalid(
    'a-setting-with-the-key-of-a-prototype',
    written('"settings":{"type":"object","properties":{"__proto__":{"type":"string"}}}'),
  ),
  invalid(
    'a-default-with-the-key-of-a-prototype',
    written('"settings":{"type":"object","properties":{"a":{"type":"object","default":{"__proto__":1}}}}'),
  ),
  invalid(
    'a-default-seventeen-levels-deep',
    settings({ a: { type: 'array', default: JSON.parse(`${'['.repeat(18)}${']'.repeat(18)}`) } }),
  ),
];

export const manifests: Corpus = {
  decoder: 'manifest',
  extension: 'json',
  entries: [...GOOD, ...TEXT, ...FIELDS, ...SETTINGS],
};
