/**
 * Messages as JSON, for people and files: `wasm-plugin call`, golden vectors, logs.
 *
 * A `bin` field is a base64 string, an f64 that JSON has no number for is "NaN", "Infinity" or "-Infinity". Inside `any`,
 * where nothing says what a string means, these are `{"$bin": "…"}` and `{"$f64": "…"}`; a key of an object that would read
 * as one of those two gets one more `$` in front, and loses it on the way back.
 */
import { defaultOf } from './decode.js';
import { describeValue, describeWant, formatPath } from './path.js';
import { MAX_DEPTH } from './scan.js';
import type { FieldNode, Schema, SchemaNode, StructNode } from './schema.js';
import type { Value } from './value.js';

/** What `JSON.parse` returns. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `problems` names each one with its path. */
export type FromJsonResult<Out> =
  | { readonly ok: true; readonly value: Out }
  | { readonly ok: false; readonly problems: readonly string[] };

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const ODD_FLOATS: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);
const ESCAPED_KEY = /^\$+(?:bin|f64)$/;

/**
 * @param value - what `decode` returned for the same schema.
 * @returns JSON whose objects have no prototype; fields are in the schema's order.
 */
export function toJson<Out>(schema: Schema<Out, unknown>, value: Out): Json {
  return fieldToJson(schema, value);
}

function fieldToJson(schema: SchemaNode, value: unknown): Json {
  switch (schema.kind) {
    case 'f64':
      return floatToJson(value as number);
    case 'bin':
      return toBase64(value as Uint8Array);
    case 'any':
      return valueToJson(value as Value);
    case 'list':
      return (value as readonly unknown[]).map((item) => fieldToJson(schema.item, item));
    case 'map':
      return toObject([...(value as ReadonlyMap<string, unknown>)], (item) => fieldToJson(schema.value, item));
    case 'struct':
      return structToJson(schema, value as object);
    default:
      return value as Json;
  }
}

function structToJson(schema: StructNode, value: object): Json {
  const result: Record<string, Json> = Object.create(null);
  for (const field of schema.fields) {
    const item: unknown = Reflect.get(value, field.name);
    if (item !== undefined) {
      result[field.name] = fieldToJson(field.schema, item);
    }
  }
  return result;
}

/** The same for a value without a schema. */
function valueToJson(value: Value): Json {
  if (value instanceof Uint8Array) {
    return { $bin: toBase64(value) };
  }
  if (typeof value === 'number') {
    const json = floatToJson(value);
    return typeof json === 'string' ? { $f64: json } : json;
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (isList(value)) {
    return value.map(valueToJson);
  }
  return toObject(
    Object.entries(value).map(([key, item]) => [ESCAPED_KEY.test(key) ? `$${key}` : key, item]),
    valueToJson,
  );
}

/**
 * Read a message that a person wrote.
 *
 * Stricter than `decode`: a key that the schema does not know is a problem, since it is a typing error and not a newer peer.
 *
 * @param json - from `JSON.parse`.
 * @param what - the root of the paths in `problems`. Default `message`.
 */
export function fromJson<Out>(schema: Schema<Out, unknown>, json: unknown, what = 'message'): FromJsonResult<Out> {
  const reader = new JsonReader(what);
  const value = reader.read(schema, json, []);
  return reader.problems.length === 0 ? { ok: true, value: value as Out } : { ok: false, problems: reader.problems };
}

class JsonReader {
  readonly problems: string[] = [];

  constructor(private readonly what: string) {}

  read(schema: SchemaNode, json: unknown, path: readonly (string | number)[]): unknown {
    switch (schema.kind) {
      case 'str':
        return typeof json === 'string' ? json : this.mismatch(schema, json, path);
      case 'bool':
        return typeof json === 'boolean' ? json : this.mismatch(schema, json, path);
      case 'int':
        return Number.isSafeInteger(json) ? json : this.mismatch(schema, json, path);
      case 'f64':
        return readFloat(json) ?? this.mismatch(schema, json, path);
      case 'bin':
        return readBase64(json) ?? this.problem(path, `it is ${describeValue(json)}, base64 text was needed`);
      case 'enum':
        return typeof json === 'string' && schema.values.includes(json) ? json : this.mismatch(schema, json, path);
      case 'any':
        return this.value(json, path);
      case 'list':
        return Array.isArray(json)
          ? json.map((item, index) => this.read(schema.item, item, [...path, index]))
          : this.mismatch(schema, json, path);
      case 'map':
        return isObject(json)
          ? new Map(Object.entries(json).map(([key, item]) => [key, this.read(schema.value, item, [...path, key])]))
          : this.mismatch(schema, json, path);
      case 'struct':
        return isObject(json) ? this.struct(schema, json, path) : this.mismatch(schema, json, path);
    }
  }

  private struct(schema: StructNode, json: object, path: readonly (string | number)[]): Record<string, unknown> {
    for (const key of Object.keys(json)) {
      if (!schema.fields.some((field) => field.name === key)) {
        const names = schema.fields.map((field) => field.name).join(', ');
        this.problem([...path, key], `there is no such field; there are: ${names}`);
      }
    }
    const result: Record<string, unknown> = {};
    for (const field of schema.fields) {
      const item: unknown = Object.hasOwn(json, field.name) ? Reflect.get(json, field.name) : undefined;
      const value =
        item === undefined ? this.absent(field, path) : this.read(field.schema, item, [...path, field.name]);
      if (value !== undefined) {
        result[field.name] = value;
      }
    }
    return result;
  }

  private absent(field: FieldNode, path: readonly (string | number)[]): unknown {
    if (field.presence === 'required') {
      this.mismatch(field.schema, undefined, [...path, field.name]);
    }
    return field.presence === 'default' ? defaultOf(field) : undefined;
  }

  private value(json: unknown, path: readonly (string | number)[]): Value {
    if (path.length > MAX_DEPTH) {
      this.problem(path, `it nests deeper than ${MAX_DEPTH}`);
      return null;
    }
    if (Array.isArray(json)) {
      return json.map((item, index) => this.value(item, [...path, index]));
    }
    return isObject(json) ? this.object(json, path) : (json as Value);
  }

  private object(json: object, path: readonly (string | number)[]): Value {
    const entries: [string, unknown][] = Object.entries(json);
    const [first] = entries;
    if (entries.length === 1 && first !== undefined && (first[0] === '$bin' || first[0] === '$f64')) {
      const special = first[0] === '$bin' ? readBase64(first[1]) : ODD_FLOATS.get(String(first[1]));
      return (
        special ??
        this.problem([...path, first[0]], `it is ${describeValue(first[1])}, which ${first[0]} cannot be`) ??
        null
      );
    }
    const result: Record<string, Value> = Object.create(null);
    for (const [key, item] of entries) {
      result[ESCAPED_KEY.test(key) ? key.slice(1) : key] = this.value(item, [...path, key]);
    }
    return result;
  }

  private mismatch(schema: SchemaNode, json: unknown, path: readonly (string | number)[]): undefined {
    const found = json === undefined ? 'it is missing' : `it is ${describeValue(json)}`;
    const want = describeWant(schema.kind, schema.kind === 'enum' ? schema.values : []);
    return this.problem(path, `${found}, ${want} was needed`);
  }

  private problem(path: readonly (string | number)[], text: string): undefined {
    this.problems.push(`${formatPath(this.what, path)}: ${text}`);
    return undefined;
  }
}

function toObject<T>(entries: readonly (readonly [string, T])[], convert: (item: T) => Json): Json {
  const result: Record<string, Json> = Object.create(null);
  for (const [key, item] of entries) {
    result[key] = convert(item);
  }
  return result;
}

function floatToJson(value: number): number | string {
  if (Number.isFinite(value)) {
    return Object.is(value, -0) ? '-0' : value;
  }
  return String(value);
}

function readFloat(json: unknown): number | undefined {
  if (typeof json === 'number') {
    return json;
  }
  return typeof json === 'string' ? ODD_FLOATS.get(json) : undefined;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function readBase64(json: unknown): Uint8Array | undefined {
  return typeof json === 'string' && BASE64.test(json) ? new Uint8Array(Buffer.from(json, 'base64')) : undefined;
}

function isList(value: unknown): value is readonly Value[] {
  return Array.isArray(value);
}

function isObject(json: unknown): json is object {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
