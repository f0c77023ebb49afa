import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aRecord, outcome } from '../../test/support/store.js';
import { PluginError } from '../errors/index.js';
import { FLAG_TYPES } from '../package/index.js';
import { formatRecord, MAX_RECORD_BYTES, parseRecord, RECORD_FLAG_TYPES } from './record.js';

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const plain = (): Record<string, unknown> => JSON.parse(Buffer.from(formatRecord(aRecord('a/b'))).toString());
const nest = (depth: number): unknown => (depth === 0 ? 1 : { a: nest(depth - 1) });

test('flags have the types that manifests have', () => {
  expect(RECORD_FLAG_TYPES).toEqual(FLAG_TYPES);
});

describe('parseRecord()', () => {
  const cases: { name: string; change: Record<string, unknown>; want: string }[] = [
    { name: 'accepts what formatRecord made', change: {}, want: 'ok' },
    { name: 'accepts keys that it does not know', change: { later: [1] }, want: 'ok' },
    { name: 'accepts a record from before formats were numbered', change: { format: undefined }, want: 'ok' },
    { name: 'rejects a later format', change: { format: 2 }, want: 'STORE_CORRUPT' },
    { name: 'rejects a missing key', change: { grants: undefined }, want: 'STORE_CORRUPT' },
    { name: 'rejects text for a switch', change: { enabled: 'yes' }, want: 'STORE_CORRUPT' },
    { name: 'accepts a name of 200 bytes', change: { name: 'a'.repeat(200) }, want: 'ok' },
    { name: 'rejects a name of 201 bytes', change: { name: 'a'.repeat(201) }, want: 'STORE_CORRUPT' },
    { name: 'rejects a name with a newline', change: { name: 'a\nb' }, want: 'STORE_CORRUPT' },
    {
      name: 'rejects a digest that leads out of packages/',
      change: { digest: 'sha256:../../x' },
      want: 'STORE_CORRUPT',
    },
    {
      name: 'rejects a digest with a newline after it',
      change: { digest: `sha256:${'a'.repeat(64)}\n` },
      want: 'STORE_CORRUPT',
    },
    { name: 'rejects an order that JSON cannot hold', change: { order: null }, want: 'STORE_CORRUPT' },
    { name: 'rejects settings that are a list', change: { settings: [] }, want: 'STORE_CORRUPT' },
    { name: 'accepts settings 64 deep', change: { settings: nest(64) }, want: 'ok' },
    { name: 'rejects settings 65 deep', change: { settings: nest(65) }, want: 'STORE_CORRUPT' },
    {
      name: 'rejects a previous version without digest',
      change: { previous: { version: '1', grants: [] } },
      want: 'STORE_CORRUPT',
    },
    { name: 'rejects an unknown kind of monitor', change: { monitor: 'both' }, want: 'STORE_CORRUPT' },
    {
      name: 'rejects a contributed command without path',
      change: { contributes: { commands: [{ summary: 'x' }], flags: [], phases: [] } },
      want: 'STORE_CORRUPT',
    },
  ];
  for (const { name, change, want } of cases) {
    test(name, async () => {
      expect(await outcome(() => parseRecord(bytesOf({ ...plain(), ...change }), 'x.json'))).toBe(want);
    });
  }

  test('gives back what was written', () => {
    const record = aRecord('example.com/foo', { monitor: 'observe', settings: JSON.parse('{"__proto__":{"a":1}}') });
    expect(parseRecord(formatRecord(record), 'x.json')).toEqual(record);
  });

  test('says where the mistake is', () => {
    const contributes = { commands: [], flags: [{ name: 'a', usage: 'b', type: 3 }], phases: [] };
    expect(() => parseRecord(bytesOf({ ...plain(), contributes }), 'x.json')).toThrow(
      'Cannot read the record "x.json": record.contributes.flags[0].type must be one of string, bool',
    );
  });

  test('refuses a file above the limit before it is parsed', async () => {
    const file = Buffer.alloc(MAX_RECORD_BYTES + 1, ' ');
    expect(await outcome(() => parseRecord(file, 'x'))).toBe('LIMIT_EXCEEDED');
    expect(await outcome(() => parseRecord(file.subarray(1), 'x'))).toBe('STORE_CORRUPT');
  });

  const throwsOnlyOurs = (bytes: Uint8Array): void => {
    try {
      parseRecord(bytes, 'x');
    } catch (error) {
      expect(error).toBeInstanceOf(PluginError);
    }
  };

  test('returns or throws PluginError for any JSON', () => {
    fc.assert(fc.property(fc.json(), (json) => throwsOnlyOurs(Buffer.from(json))));
  });

  test('returns or throws PluginError for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), throwsOnlyOurs));
  });

  test('a record with anything in place of one value is refused or survives being written again', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(plain())), fc.jsonValue(), (key, value) => {
        let record: ReturnType<typeof parseRecord>;
        try {
          record = parseRecord(bytesOf({ ...plain(), [key]: value }), 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(PluginError);
          return;
        }
        expect(parseRecord(formatRecord(record), 'x')).toEqual(record);
      }),
    );
  });
});
