/**
 * What a schema value is made of, and the static types that follow from it.
 *
 * A schema is plain data: the codec walks it for each message, `npm run generate` walks it to write the SDKs, the `.wit`
 * files and docs/abi.md. It cannot be recursive, because each part is built before the whole; that bounds every walk.
 * Build schemas with the functions of builders.ts, which check what the types cannot.
 */

declare const types: unique symbol;

/** Carries the two static types of a schema; nothing of it exists at run time. */
interface Typed<Out, In> {
  readonly [types]?: { readonly out: Out; readonly in: In };
}

export interface ScalarNode {
  readonly kind: 'str' | 'bool' | 'int' | 'f64' | 'bin' | 'any';
}

export interface EnumNode {
  readonly kind: 'enum';
  readonly values: readonly string[];
}

export interface ListNode {
  readonly kind: 'list';
  readonly item: SchemaNode;
}

export interface MapNode {
  readonly kind: 'map';
  readonly value: SchemaNode;
}

export interface StructNode {
  readonly kind: 'struct';
  /** PascalCase; names the class in SDKs. Absent: the schema has no class there (an embedder's own hook). */
  readonly name: string | undefined;
  readonly doc: string | undefined;
  /** In wire order. */
  readonly fields: readonly FieldNode[];
}

/** One field of a struct. */
export interface FieldNode {
  /** camelCase, the same on the wire and in every SDK that has no other custom. */
  readonly name: string;
  readonly presence: 'required' | 'optional' | 'default';
  readonly schema: SchemaNode;
  /** Only for `default`: a scalar, or an empty list or map. */
  readonly default: DefaultValue | undefined;
  readonly doc: string | undefined;
}

export type SchemaNode = ScalarNode | EnumNode | ListNode | MapNode | StructNode;
export type DefaultValue = null | boolean | number | string | readonly never[] | Readonly<Record<string, never>>;

/**
 * A schema with its static types.
 *
 * `Out` is what `decode` returns: every default is filled in. `In` is what `encode` takes: a field with a default may be
 * left out, and a map may be a plain object.
 */
export type Schema<Out = unknown, In = Out> = SchemaNode & Typed<Out, In>;

export type StructSchema<Out = unknown, In = Out> = StructNode & Typed<Out, In>;

/** A field as it stands in the argument of `struct`, before it knows its own name. */
export interface Field<Out = unknown, In = Out, Presence extends FieldNode['presence'] = FieldNode['presence']>
  extends Typed<Out, In> {
  readonly kind: 'field';
  readonly presence: Presence;
  readonly schema: SchemaNode;
  readonly default: DefaultValue | undefined;
  readonly doc: string | undefined;
}

/** The argument of `struct`: a bare schema is a required field. */
export type Fields = Readonly<Record<string, Schema | Field>>;

/** The type of a decoded value: `type Request = Infer<typeof requestSchema>`. */
export type Infer<S> = S extends Typed<infer Out, unknown> ? Out : never;

/** The type of a value to encode. */
export type InferInput<S> = S extends Typed<unknown, infer In> ? In : never;

type KeysOf<F extends Fields, Presence> = {
  [K in keyof F]: F[K] extends { readonly kind: 'field'; readonly presence: infer P }
    ? P extends Presence
      ? K
      : never
    : 'required' extends Presence
      ? K
      : never;
}[keyof F];

type Flat<T> = { [K in keyof T]: T[K] } & {};

/** The decoded type of a struct with these fields. */
export type FieldsOut<F extends Fields> = Flat<
  { readonly [K in KeysOf<F, 'required' | 'default'>]: Infer<F[K]> } & {
    readonly [K in KeysOf<F, 'optional'>]?: Infer<F[K]> | undefined;
  }
>;

/** The type of a struct with these fields to encode. */
export type FieldsIn<F extends Fields> = Flat<
  { readonly [K in KeysOf<F, 'required'>]: InferInput<F[K]> } & {
    readonly [K in KeysOf<F, 'optional' | 'default'>]?: InferInput<F[K]> | undefined;
  }
>;

/** What a map may be given as. */
export type MapInput<T> = ReadonlyMap<string, T> | Readonly<Record<string, T>>;
