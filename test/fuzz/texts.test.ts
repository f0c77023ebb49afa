/** Texts of plugins, packages and servers through everything that takes them apart: an answer in bounded time, however they are made. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromJson, hooks, interfaceName, parseInterfaceId, sameMajor } from '../../host/abi/index.js';
import { checkHeaders } from '../../host/capability/http/headers.js';
import { parseTarget } from '../../host/capability/http/target.js';
import { Refusal } from '../../host/capability/index.js';
import { parseInterfaceId as parseComponentInterfaceId } from '../../host/component/index.js';
import { escapeControls, quote } from '../../host/errors/index.js';
import { formatGrant, groupGrants, parseGrant, parsePointer } from '../../host/grant/index.js';
import { parseOciConfig } from '../../host/oci/index.js';
import { checkSettings, checkSettingsSchema, parseManifest, validateName } from '../../host/package/index.js';
import { readStackFrames } from '../../host/sandbox/position/stack-frames.js';
import { findPositions, fromDataUrl, parseSourceMap } from '../../host/source-map/index.js';
import { decodeRecords, decodeSummaries } from '../../host/store/index-format.js';
import { parseRecord } from '../../host/store/record.js';
import { bounded, fuzz } from '../support/bounded.js';

const RUNS = 400;
const MAX_REPEATS = 20_000;
/** A name in the binary of a component has no more. */
const MAX_NAME_CHARS = 1024;

/** One piece very often, between two others: what makes a pattern try every way to read it. */
const repeated = (...pieces: readonly string[]): fc.Arbitrary<string> => {
  const piece = fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 5 }));
  return fc
    .tuple(
      fc.array(piece, { maxLength: 3 }),
      piece,
      fc.oneof(fc.nat(3), fc.nat(MAX_REPEATS)),
      fc.array(piece, { maxLength: 3 }),
    )
    .map(([before, middle, count, after]) => before.join('') + middle.repeat(count) + after.join(''));
};

/** Refusals are what a guest gets; everything else is as for `bounded`. */
function orRefusal(decode: () => unknown): () => unknown {
  return () => {
    try {
      return decode();
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  };
}

const ID_PIECES = ['a', 'a-', '-0', 'A', ':', '/', '@', '1.', '0.2.0', '-rc', '+x', 'wasi:io/streams@0.2.0'];
const FRAME_PIECES = [
  '    at ',
  '(',
  ')',
  'wasm://wasm/',
  'core-0-1',
  '-01234567',
  ':wasm-function[1]',
  ':0x1f',
  ':1:',
  '\n',
  'a-',
];
const URL_PIECES = [
  'http:',
  'https://',
  '//',
  'a.example',
  ':443',
  '@',
  '%41',
  '..',
  '[::1]',
  '0x7f.1',
  '\\',
  '。',
  'ſ',
  '/',
];
const MAP_PIECES = ['AAAA', ',', ';', 'g', '////////', '!', 'CACA'];

const TEXTS: readonly {
  readonly name: string;
  readonly text: fc.Arbitrary<string>;
  readonly read: (text: string) => unknown;
}[] = [
  { name: 'a name of a plugin', text: repeated('a', '.', '/', '-', 'a.', 'a-', '..'), read: validateName },
  {
    name: 'a grant',
    text: repeated(
      'kv',
      'env:',
      'A',
      '*',
      'fs:',
      '/',
      '..',
      ':ro',
      'http:',
      'a.',
      '-',
      ':443',
      'config:/',
      '~1',
      '[::',
      ']:1',
    ),
    read(text) {
      const grant = parseGrant(text);
      expect(parseGrant(formatGrant(grant))).toEqual(grant);
      groupGrants([grant]);
    },
  },
  { name: 'a pointer', text: repeated('/', '~', '~0', '~1', 'a'), read: parsePointer },
  {
    name: 'an interface id',
    text: repeated(...ID_PIECES),
    read: (text) => [parseInterfaceId(text), interfaceName(text), sameMajor(text, text)],
  },
  {
    name: 'an interface id of a component',
    text: repeated(...ID_PIECES).map((text) => text.slice(0, MAX_NAME_CHARS)),
    read: parseComponentInterfaceId,
  },
  {
    name: 'a version in a manifest',
    text: repeated('1', '.', '-', '0', 'a', '-a.', '+'),
    read: (version) => parseManifest(manifestWith({ version })),
  },
  {
    name: 'a homepage in a manifest',
    text: repeated(...URL_PIECES),
    read: (homepage) => parseManifest(manifestWith({ homepage })),
  },
  { name: 'a URL', text: repeated(...URL_PIECES), read: orRefusal1(parseTarget) },
  {
    name: 'a redirect',
    text: repeated(...URL_PIECES),
    read: orRefusal1((text) => parseTarget(text, new URL('https://a.example/b'))),
  },
  {
    name: 'a header',
    text: repeated('a', ':', '\r\n', ' ', 'Host', 'proxy-', 'é'),
    read: orRefusal1((text) =>
      checkHeaders([
        { name: text, value: text },
        { name: 'x', value: text },
      ]),
    ),
  },
  { name: 'a stack', text: repeated(...FRAME_PIECES), read: readStackFrames },
  {
    name: 'the mappings of a source map',
    text: repeated(...MAP_PIECES),
    read: (mappings) => findPositions({ sources: ['a', 'b'], mappings }, [0, 1, 2 ** 31]),
  },
  {
    name: 'the URL of a source map',
    text: repeated(
      'data:application/json,',
      ';charset=utf-8',
      ';base64,',
      '%',
      '%7B',
      '{"version":3,',
      '"mappings":"',
      '"sources":[]}',
      '[',
    ),
    read: (text) => parseSourceMap(fromDataUrl(text) ?? text),
  },
  {
    name: 'text for a terminal',
    text: repeated('\u001b', '"', '\u202e', '\n', 'a'),
    read(text) {
      expect(escapeControls(quote(text))).toBe(quote(text));
    },
  },
  {
    name: 'a record of a store',
    text: repeated('{', '"format":1', '[', ',', '"name":"a"', '}', '1e400'),
    read: (text) => parseRecord(Buffer.from(text), 'a'),
  },
];

function orRefusal1(read: (text: string) => unknown): (text: string) => unknown {
  return (text) => orRefusal(() => read(text))();
}

function manifestWith(fields: object): Uint8Array {
  return Buffer.from(JSON.stringify({ name: 'a', author: 'b', version: '1.0.0', description: 'c', ...fields }));
}

describe('any text is read or refused:', () => {
  test.each(TEXTS)('$name', ({ text, read }) => {
    fuzz(RUNS, text, (one) => {
      bounded(one.length, () => read(one));
    });
  });
});

const names = fc.constantFrom(
  ...[
    'type',
    'properties',
    'items',
    'default',
    'enum',
    'const',
    'required',
    'additionalProperties',
    'minItems',
    'maxLength',
    'a',
    'b',
  ],
  ...[
    '__proto__',
    'constructor',
    'process',
    'args',
    'env',
    'mounts',
    'patch',
    'op',
    'path',
    'value',
    'adjustments',
    '$bin',
    '$f64',
  ],
);
const scalars = fc.oneof(
  fc.constantFrom<unknown>(
    'object',
    'array',
    'string',
    'integer',
    'number',
    'boolean',
    null,
    true,
    0,
    -1,
    1e308,
    '',
    '__proto__',
    'add',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ maxLength: 6 }).map((text) => text.repeat(500)),
);
const json: fc.Arbitrary<unknown> = fc
  .letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 8, depthSize: 'medium' },
      scalars,
      fc.array(tie('json'), { maxLength: 6 }),
      fc.dictionary(names, tie('json'), { maxKeys: 6 }),
    ),
  }))
  .json.map((value) => JSON.parse(JSON.stringify(value)));

describe('any JSON is read or refused:', () => {
  const check = (read: (value: unknown) => unknown) => (): void => {
    fuzz(RUNS, json, (value) => {
      bounded(JSON.stringify(value).length, () => read(value));
    });
  };
  test(
    'as a message',
    check((value) => fromJson(hooks.engineConfig.response, value)),
  );
  test(
    'as a request with any values',
    check((value) => fromJson(hooks.engineConfig.request, { config: value, flags: value })),
  );
  test('as the config of a container', check(parseOciConfig));
  test(
    'as a schema for settings',
    check((value) => checkSettingsSchema({ type: 'object', properties: { a: value } })),
  );
  test(
    'as settings',
    check((value) =>
      checkSettings(
        checkSettingsSchema({
          type: 'object',
          properties: { a: { type: 'object', properties: { b: { type: 'string', maxLength: 3 } } } },
        }),
        { a: value },
      ),
    ),
  );
  test(
    'as the contributions of a manifest',
    check((value) =>
      parseManifest(manifestWith({ contributes: { commands: [value], flags: value }, settings: value })),
    ),
  );
  test(
    'as a record of a store',
    check((value) => parseRecord(Buffer.from(JSON.stringify(value)), 'a')),
  );
  test('as the index of a store', check(readIndex));
});

function readIndex(value: unknown): void {
  const line = JSON.stringify(value);
  const summary = JSON.stringify(['a', '1.0.0', 1, 0, 0]);
  for (const summaries of [line, summary]) {
    const text = { summaries: () => summaries, contributes: () => line, details: () => line };
    for (const plugin of decodeSummaries(text, () => undefined) ?? []) {
      expect(Array.isArray(plugin.contributes.commands)).toBe(true);
    }
    decodeRecords(text, () => undefined);
  }
}
