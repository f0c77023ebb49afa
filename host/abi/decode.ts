/**
 * Bytes to a value: a bounded scan, then msgpackr, then the schema.
 *
 * msgpackr makes Maps of maps, so a key that a plugin chose never touches an object with a prototype. Structs become plain
 * objects whose keys are the schema's own, `map` fields stay Maps, and a map inside `any` becomes an object without a
 * prototype.
 */
import { Unpackr } from 'msgpackr/index-no-eval';
import { PluginError } from '../errors/index.js';
import { keepMarks } from './byte-order-marks.js';
import { describeValue, describeWant, formatPath } from './path.js';
import { scan } from './scan.js';
import type { FieldNode, Schema, SchemaNode, StructNode } from './schema.js';
import type { Value } from './value.js';

// No records: the ABI has no such thing, and msgpackr would compile them. `number` is exact: the scan refused the others.
// Copies: a decoded `bin` must not be a window on the message, which may be a view of memory that a guest writes to.
const options = { useRecords: false, mapsAsObjects: false, int64AsType: 'number', copyBuffers: true } as const;
const unpackr = new Unpackr(options);
/** Where windows are wanted. */
const viewing = new Unpackr({ ...options, copyBuffers: false });

/**
 * Read a message.
 *
 * Unknown keys are ignored, of a key that comes twice the last value counts, and what is missing or nil takes the
 * schema's default: that is how old and new meet. An `int` may arrive as a float64 without a fraction, and an `f64` as an
 * integer.
 *
 * @param bytes - the whole message; neither kept nor modified, and nothing in the result is a view of it.
 * @param what - what to call the message in an error, and the root of its paths. Default `message`.
 * @throws PluginError `ABI_MALFORMED`, with the byte or the path at fault.
 * @see docs/abi.md, "Messages"
 */
export function decode<Out>(schema: Schema<Out, unknown>, bytes: Uint8Array, what = 'message'): Out {
  return decodeWith(unpackr, schema, bytes, what);
}

/**
 * `decode` for large messages: what is `bin` is a view of `bytes`, and good for as long as nobody changes those.
 */
export function decodeViews<Out>(schema: Schema<Out, unknown>, bytes: Uint8Array, what = 'message'): Out {
  return decodeWith(viewing, schema, bytes, what);
}

function decodeWith<Out>(reader: Unpackr, schema: Schema<Out, unknown>, bytes: Uint8Array, what: string): Out {
  const marked = scan(bytes, what);
  const value = unpack(reader, marked === undefined ? bytes : keepMarks(bytes, marked), what);
  // The reader returns what the schema says, which the compiler cannot follow through a walk over data.
  return new ValueReader(what).read(schema, value) as Out;
}

/**
 * Where small messages are read from. msgpackr asks for the ArrayBuffer behind what it reads, and V8 makes one anew for each
 * small array: reading from one that has it already takes half the time (bench/hook-call.ts, relay). Nothing read is a view.
 */
const scratch = new Uint8Array(8 * 1024);

function unpack(reader: Unpackr, bytes: Uint8Array, what: string): unknown {
  try {
    if (bytes.length <= scratch.length && reader !== viewing) {
      scratch.set(bytes);
      return reader.unpack(scratch, { end: bytes.length });
    }
    // A view of our own: msgpackr leaves a property on what it reads.
    return reader.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw new PluginError('ABI_MALFORMED', `Cannot read ${what}: the codec refused it`, { cause });
  }
}

class ValueReader {
  private readonly path: (string | number)[] = [];

  constructor(private readonly what: string) {}

  read(schema: SchemaNode, value: unknown): unknown {
    switch (schema.kind) {
      case 'str':
        return typeof value === 'string' ? value : this.fail(schema, value);
      case 'bool':
        return typeof value === 'boolean' ? value : this.fail(schema, value);
      case 'int':
        // Adding 0 makes 0 of -0, which no integer is.
        return Number.isSafeInteger(value) ? (value as number) + 0 : this.fail(schema, value);
      case 'f64':
        return typeof value === 'number' ? value : this.fail(schema, value);
      case 'bin':
        return value instanceof Uint8Array ? value : this.fail(schema, value);
      case 'enum':
        return typeof value === 'string' && schema.values.includes(value) ? value : this.fail(schema, value);
      case 'any':
        return toValue(value);
      case 'list':
        return Array.isArray(value) ? this.list(schema.item, value) : this.fail(schema, value);
      case 'map':
        return value instanceof Map ? this.map(schema.value, value) : this.fail(schema, value);
      case 'struct':
        return value instanceof Map ? this.struct(schema, value) : this.fail(schema, value);
    }
  }

  private list(item: SchemaNode, values: readonly unknown[]): unknown[] {
    return values.map((value, index) => this.readAt(index, item, value));
  }

  private map(schema: SchemaNode, values: ReadonlyMap<string, unknown>): Map<string, unknown> {
    const result = new Map<string, unknown>();
    for (const [key, value] of values) {
      result.set(key, this.readAt(key, schema, value));
    }
    return result;
  }

  private struct(schema: StructNode, values: ReadonlyMap<string, unknown>): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const field of schema.fields) {
      const value = values.get(field.name);
      if (value === undefined || (value === null && isMissing(field))) {
        if (field.presence === 'default') {
          result[field.name] = defaultOf(field);
        } else if (field.presence === 'required') {
          this.path.push(field.name);
          this.fail(field.schema, value);
        }
      } else {
        result[field.name] = this.readAt(field.name, field.schema, value);
      }
    }
    return result;
  }

  private readAt(step: string | number, schema: SchemaNode, value: unknown): unknown {
    this.path.push(step);
    const result = this.read(schema, value);
    this.path.pop();
    return result;
  }

  private fail(schema: SchemaNode, value: unknown): never {
    const at = formatPath(this.what, this.path);
    const found = value === undefined ? 'it is missing' : `it is ${describeValue(value)}`;
    const want = describeWant(schema.kind, schema.kind === 'enum' ? schema.values : []);
    throw new PluginError('ABI_MALFORMED', `Cannot read ${at}: ${found}, ${want} was needed`, {
      details: { path: at },
    });
  }
}

/** Many encoders write nil for what they do not have. Only `any` can mean it. */
function isMissing(field: FieldNode): boolean {
  return field.presence !== 'required' && field.schema.kind !== 'any';
}

/** A new list or map each time, so that no two messages share one. */
export function defaultOf(field: FieldNode): unknown {
  switch (field.schema.kind) {
    case 'list':
      return [];
    case 'map':
      return new Map();
    default:
      return field.default;
  }
}

function toValue(value: unknown): Value {
  if (value instanceof Map) {
    const object: Record<string, Value> = Object.create(null);
    for (const [key, item] of value) {
      object[key] = toValue(item);
    }
    return object;
  }
  // What else the scan let through is what `Value` lists.
  return Array.isArray(value) ? value.map(toValue) : (value as Value);
}
