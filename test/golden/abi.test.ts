/** The bytes of every message: what other SDKs' tests read too. Renew with `node scripts/golden-abi.mjs --update`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Json, SchemaNode, StructNode } from '../../host/abi/index.js';
import { capabilities, decode, encode, errorMessage, fromJson, hooks, toJson } from '../../host/abi/index.js';

interface Vector {
  readonly name: string;
  /** Name of a struct. */
  readonly schema: string;
  readonly json: Json;
  readonly hex: string;
  /** Only in decode.json, whose `hex` is a form that our encoders do not choose. */
  readonly reencoded?: string;
}

interface Malformed {
  readonly name: string;
  readonly schema: string;
  readonly hex: string;
  /** Part of the host's message. SDKs have their own. */
  readonly error: string;
}

const folder = join(import.meta.dirname, 'abi');
const schemas = new Map<string, StructNode>();
for (const { request, response } of [...Object.values(hooks), ...Object.values(capabilities)]) {
  collect(request);
  collect(response);
}
collect(errorMessage);

function collect(schema: SchemaNode): void {
  if (schema.kind === 'struct') {
    schemas.set(schema.name ?? '', schema);
    for (const field of schema.fields) {
      collect(field.schema);
    }
  } else if (schema.kind === 'list') {
    collect(schema.item);
  } else if (schema.kind === 'map') {
    collect(schema.value);
  }
}

function schemaOf(name: string): StructNode {
  const schema = schemas.get(name);
  expect(schema, `a struct named ${name}`).toBeDefined();
  return schema as StructNode;
}

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const files = readdirSync(folder).filter((file) => file !== 'malformed.json');
const used = new Set<string>();

for (const file of files) {
  describe(`golden ${file}`, () => {
    const vectors: readonly Vector[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const { name, schema: schemaName, json, hex, reencoded } of vectors) {
      used.add(schemaName);
      test(`${schemaName}, ${name}`, () => {
        const schema = schemaOf(schemaName);
        const value = decode(schema, bytesOf(hex));
        expect(fromJson(schema, json)).toEqual({ ok: true, value });
        expect(Buffer.from(encode(schema, value)).toString('hex')).toBe(reencoded ?? hex);
        expect(fromJson(schema, JSON.parse(JSON.stringify(toJson(schema, value))))).toEqual({ ok: true, value });
      });
    }
  });
}

describe('golden malformed.json', () => {
  const vectors: readonly Malformed[] = JSON.parse(readFileSync(join(folder, 'malformed.json'), 'utf8'));
  for (const { name, schema, hex, error } of vectors) {
    test(`refuses ${name}`, () => {
      expect(() => decode(schemaOf(schema), bytesOf(hex))).toThrow(
        expect.objectContaining({ code: 'ABI_MALFORMED', message: expect.stringContaining(error) }),
      );
    });
  }
});

test('every message has a golden vector', () => {
  const messages = [...Object.values(hooks), ...Object.values(capabilities)].flatMap((hook) => [
    hook.request.name,
    hook.response.name,
  ]);
  expect(messages.filter((name) => !used.has(name ?? ''))).toEqual([]);
});
