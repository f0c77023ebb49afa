/**
 * The words of the schema language.
 *
 * Every function here is called while a program starts, with arguments that its author wrote, so a mistake is a TypeError
 * at once and the codec can trust every schema that it meets.
 */
import type {
  DefaultValue,
  Field,
  FieldNode,
  Fields,
  FieldsIn,
  FieldsOut,
  Infer,
  InferInput,
  MapInput,
  Schema,
  SchemaNode,
  StructSchema,
} from './schema.js';
import type { Value } from './value.js';

// Lower case first, so that no field can be `__proto__` and no two SDKs have to spell one differently.
const FIELD_NAME = /^[a-z][A-Za-z0-9]*$/;
const STRUCT_NAME = /^[A-Z][A-Za-z0-9]*$/;

/** UTF-8 text; lone surrogates do not fit. */
export const str: Schema<string> = Object.freeze({ kind: 'str' });
export const bool: Schema<boolean> = Object.freeze({ kind: 'bool' });
/** A whole number of at most ±(2^53 - 1), so that it is exact in every language. */
export const int: Schema<number> = Object.freeze({ kind: 'int' });
/** Always eight bytes on the wire; a whole number that arrives as an integer is read too. */
export const f64: Schema<number> = Object.freeze({ kind: 'f64' });
/** Bytes. A decoded array is a copy that belongs to the caller. */
export const bin: Schema<Uint8Array> = Object.freeze({ kind: 'bin' });
/** Anything a message can hold; see `Value` for what maps become. */
export const any: Schema<Value> = Object.freeze({ kind: 'any' });

export function list<S extends Schema>(item: S): Schema<readonly Infer<S>[], readonly InferInput<S>[]> {
  checkSchema(item, 'list()');
  return Object.freeze({ kind: 'list', item });
}

/** String keys that the sender chose. Decodes to a Map; a plain object may be encoded too. */
export function map<S extends Schema>(value: S): Schema<ReadonlyMap<string, Infer<S>>, MapInput<InferInput<S>>> {
  checkSchema(value, 'map()');
  return Object.freeze({ kind: 'map', value });
}

/** One of these strings; another one is malformed. */
export function oneOf<const T extends readonly [string, ...string[]]>(...values: T): Schema<T[number]> {
  if (values.length === 0 || new Set(values).size !== values.length) {
    throw new TypeError(`Cannot make oneOf(${values.join(', ')}): it needs at least one value, each once`);
  }
  return Object.freeze({ kind: 'enum', values: Object.freeze([...values]) });
}

/** Left out where there is nothing to say; nil on the wire means the same, unless the schema is `any`. */
export function optional<S extends Schema>(schema: S): Field<Infer<S>, InferInput<S>, 'optional'> {
  checkSchema(schema, 'optional()');
  return Object.freeze({ kind: 'field', presence: 'optional', schema, default: undefined, doc: undefined });
}

/**
 * A field whose absence means `value`. It is always written and always there after decoding.
 *
 * @param value - a scalar, an empty list or an empty map: every SDK must be able to spell it.
 */
export function withDefault<S extends Schema>(
  schema: S,
  value: InferInput<S>,
): Field<Infer<S>, InferInput<S>, 'default'> {
  checkSchema(schema, 'withDefault()');
  if (!isDefaultOf(schema, value)) {
    throw new TypeError(
      `Cannot make withDefault(${schema.kind}): the default must be a value of that kind, and an empty one for a list or map`,
    );
  }
  return Object.freeze({ kind: 'field', presence: 'default', schema, default: value, doc: undefined });
}

/** Document a field: the text ends up in docs/abi.md and in the SDKs. */
export function doc<S extends Schema>(text: string, schema: S): Field<Infer<S>, InferInput<S>, 'required'>;
export function doc<Out, In, P extends FieldNode['presence']>(
  text: string,
  field: Field<Out, In, P>,
): Field<Out, In, P>;
export function doc(text: string, target: Schema | Field): Field {
  const field: Field = target.kind === 'field' ? target : required(target);
  return Object.freeze({ ...field, doc: text });
}

/**
 * A map with known keys. Unknown ones are ignored by the decoder, so fields can be added later, with `optional` or
 * `withDefault`.
 *
 * @param name - PascalCase, for the SDKs' classes; may be left out where no SDK class is generated.
 * @param fields - in wire order, names in camelCase.
 * @param about - one sentence for docs/abi.md.
 */
export function struct<const F extends Fields>(fields: F): StructSchema<FieldsOut<F>, FieldsIn<F>>;
export function struct<const F extends Fields>(
  name: string,
  fields: F,
  about?: string,
): StructSchema<FieldsOut<F>, FieldsIn<F>>;
export function struct(first: string | Fields, second?: Fields, about?: string): StructSchema {
  const name = typeof first === 'string' ? first : undefined;
  const fields = typeof first === 'string' ? (second ?? {}) : first;
  if (name !== undefined && !STRUCT_NAME.test(name)) {
    throw new TypeError(`Cannot make struct "${name}": a name is PascalCase`);
  }
  return Object.freeze({
    kind: 'struct',
    name,
    doc: about,
    fields: Object.freeze(Object.entries(fields).map(([fieldName, field]) => toFieldNode(fieldName, field))),
  });
}

function toFieldNode(name: string, field: Schema | Field): FieldNode {
  // A name such as `constructor` would be found on every object that lacks the field.
  if (!FIELD_NAME.test(name) || name in Object.prototype) {
    throw new TypeError(
      `Cannot make a struct with field "${name}": a name is camelCase, letters and digits, and not one that every object has`,
    );
  }
  checkSchema(field, `field ${name}`);
  const { presence, schema, default: value, doc: text } = field.kind === 'field' ? field : required(field);
  return Object.freeze({ name, presence, schema, default: value, doc: text });
}

function required(schema: SchemaNode): Field {
  return { kind: 'field', presence: 'required', schema, default: undefined, doc: undefined };
}

function checkSchema(value: unknown, where: string): void {
  if (typeof value !== 'object' || value === null || typeof Reflect.get(value, 'kind') !== 'string') {
    throw new TypeError(`Cannot make ${where}: it needs a schema such as str or struct({…})`);
  }
}

function isDefaultOf(schema: SchemaNode, value: unknown): value is DefaultValue {
  switch (schema.kind) {
    case 'str':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return Number.isSafeInteger(value);
    case 'f64':
      return typeof value === 'number';
    case 'enum':
      return typeof value === 'string' && schema.values.includes(value);
    case 'any':
      return value === null;
    case 'list':
      return Array.isArray(value) && value.length === 0;
    case 'map':
      return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
        ? Object.keys(value).length === 0
        : false;
    case 'bin':
    case 'struct':
      return false;
  }
}
