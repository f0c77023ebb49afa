/**
 * A value to bytes: checked against the schema and put into the shape and order that msgpackr shall write.
 *
 * The same value always gives the same bytes: fields in the schema's order, the shortest form of every length and integer,
 * `f64` always in eight bytes, defaults always written, absent optional fields never. test/golden/abi/ holds SDKs to it.
 */
import { addExtension, Packr, RESET_BUFFER_MODE } from 'msgpackr/index-no-eval';
import { defaultOf } from './decode.js';
import { describeValue, describeWant, formatPath } from './path.js';
import { MAX_DEPTH } from './scan.js';
import type { Schema, SchemaNode, StructNode } from './schema.js';

/** A number that msgpackr would write in another form: as the tag and eight bytes, then. */
class Wide {
  constructor(
    readonly tag: 0xcb | 0xcf | 0xd3,
    readonly value: number,
  ) {}
}

// msgpackr has no word for "this 5 is a float64", and writes integers of more than 32 bits as floats. An extension of
// its writer may write any bytes; the type number is never used, since nothing is written as an extension type.
addExtension({
  Class: Wide,
  type: 0x7f,
  pack({ tag, value }, allocateForWrite) {
    const { target, targetView, position } = allocateForWrite(9);
    target[position] = tag;
    if (tag === 0xcb) {
      targetView.setFloat64(position + 1, value);
    } else {
      targetView.setBigInt64(position + 1, BigInt(value));
    }
  },
});

// Without toJSON: a field of that name is data, never code to call.
const packr = new Packr({ useRecords: false, moreTypes: false, structuredClone: false, useToJSON: false });

// msgpackr keeps the buffer of its largest message for good; above this size it gets a small one again.
const KEPT_BUFFER_BYTES = 65_536;

/**
 * Write a message.
 *
 * @param value - fits the schema; lone surrogates in text become U+FFFD, as UTF-8 has no way to write them.
 * @param what - what to call the message in an error, and the root of its paths. Default `message`.
 * @returns new bytes that belong to the caller.
 * @throws TypeError if the value does not fit, a struct has a key that the schema does not know, or lists and maps nest
 *   deeper than 64: misuse by whoever wrote the call.
 */
export function encode<In>(schema: Schema<unknown, In>, value: In, what = 'message'): Uint8Array {
  const shaped = new Shaper(what).shape(schema, value, 0);
  // What msgpackr answers is a window on its buffer; with this option the next message overwrites it, so copy.
  const bytes = new Uint8Array(packr.pack(shaped, RESET_BUFFER_MODE));
  if (bytes.length > KEPT_BUFFER_BYTES) {
    packr.useBuffer(Buffer.allocUnsafeSlow(KEPT_BUFFER_BYTES));
  }
  return bytes;
}

class Shaper {
  private readonly path: (string | number)[] = [];

  constructor(private readonly what: string) {}

  shape(schema: SchemaNode, value: unknown, depth: number): unknown {
    switch (schema.kind) {
      case 'str':
        return typeof value === 'string' ? wellFormed(value) : this.fail(schema, value);
      case 'bool':
        return typeof value === 'boolean' ? value : this.fail(schema, value);
      case 'int':
        return Number.isSafeInteger(value) ? integer(value as number) : this.fail(schema, value);
      case 'f64':
        return typeof value === 'number' ? new Wide(0xcb, value) : this.fail(schema, value);
      case 'bin':
        return value instanceof Uint8Array ? value : this.fail(schema, value);
      case 'enum':
        return typeof value === 'string' && schema.values.includes(value) ? value : this.fail(schema, value);
      case 'any':
        return this.any(value, depth);
      case 'list':
        return Array.isArray(value) ? this.list(schema.item, value, depth) : this.fail(schema, value);
      case 'map':
        return this.map(schema, schema.value, value, depth);
      case 'struct':
        return isObject(value) ? this.struct(schema, value, depth) : this.fail(schema, value);
    }
  }

  private list(item: SchemaNode, values: readonly unknown[], depth: number): unknown[] {
    this.enter(depth);
    const result: unknown[] = [];
    for (let index = 0; index < values.length; index++) {
      result.push(this.shapeAt(index, item, values[index], depth + 1));
    }
    return result;
  }

  private map(schema: SchemaNode, item: SchemaNode, value: unknown, depth: number): Map<string, unknown> {
    this.enter(depth);
    const result = new Map<string, unknown>();
    if (value instanceof Map) {
      for (const [key, entry] of value) {
        if (typeof key !== 'string') {
          const at = formatPath(this.what, this.path);
          throw new TypeError(`Cannot encode ${at}: a key is ${describeValue(key)}, a string was needed`);
        }
        result.set(wellFormed(key), this.shapeAt(key, item, entry, depth + 1));
      }
    } else if (isPlainObject(value)) {
      for (const key of Object.keys(value)) {
        const entry = value[key];
        // As JSON has it: a key whose value is undefined is not there.
        if (entry !== undefined) {
          result.set(wellFormed(key), this.shapeAt(key, item, entry, depth + 1));
        }
      }
    } else {
      this.fail(schema, value);
    }
    return result;
  }

  private struct(schema: StructNode, value: object, depth: number): Map<string, unknown> {
    this.enter(depth);
    const result = new Map<string, unknown>();
    let given = 0;
    for (const field of schema.fields) {
      // Field names are never those of Object.prototype, so nothing inherited can be read by accident.
      const item: unknown = Reflect.get(value, field.name);
      if (item !== undefined) {
        given++;
        result.set(field.name, this.shapeAt(field.name, field.schema, item, depth + 1));
      } else if (field.presence !== 'optional') {
        const fallback = field.presence === 'default' ? defaultOf(field) : undefined;
        result.set(field.name, this.shapeAt(field.name, field.schema, fallback, depth + 1));
      }
    }
    if (Object.keys(value).length > given) {
      this.checkKeys(schema, value);
    }
    return result;
  }

  private any(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return wellFormed(value);
      case 'number':
        return Number.isSafeInteger(value) && !Object.is(value, -0) ? integer(value) : new Wide(0xcb, value);
      case 'boolean':
        return value;
      case 'object':
        if (value === null || value instanceof Uint8Array) {
          return value;
        }
        if (Array.isArray(value)) {
          return this.list(ANY, value, depth);
        }
        return this.map(ANY, ANY, value, depth);
      default:
        return this.fail(ANY, value);
    }
  }

  private shapeAt(step: string | number, schema: SchemaNode, value: unknown, depth: number): unknown {
    this.path.push(step);
    const result = this.shape(schema, value, depth);
    this.path.pop();
    return result;
  }

  private enter(depth: number): void {
    if (depth >= MAX_DEPTH) {
      throw new TypeError(`Cannot encode ${this.what}: lists and maps nest deeper than ${MAX_DEPTH}`);
    }
  }

  /** A misspelt key must not mean "left out". */
  private checkKeys(schema: StructNode, value: object): void {
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined && !schema.fields.some((field) => field.name === key)) {
        throw new TypeError(
          `Cannot encode ${formatPath(this.what, [...this.path, key])}: the schema has no such field`,
        );
      }
    }
  }

  private fail(schema: SchemaNode, value: unknown): never {
    const found = value === undefined ? 'it is missing' : `it is ${describeValue(value)}`;
    const want = describeWant(schema.kind, schema.kind === 'enum' ? schema.values : []);
    throw new TypeError(`Cannot encode ${formatPath(this.what, this.path)}: ${found}, ${want} was needed`);
  }
}

const ANY: SchemaNode = { kind: 'any' };

/** Twice 32 bits is what msgpackr writes as integers by itself. */
function integer(value: number): number | Wide {
  if (value > 0xffffffff) {
    return new Wide(0xcf, value);
  }
  return value < -0x80000000 ? new Wide(0xd3, value) : value + 0;
}

// Node 20 has it; the `lib` of the project's TypeScript target does not list it yet.
const toWellFormed: (this: string) => string = Reflect.get(String.prototype, 'toWellFormed');

function wellFormed(text: string): string {
  return toWellFormed.call(text);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
