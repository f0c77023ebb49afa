/**
 * Resolved component types: indices replaced by what they point at, with the one fact that linking needs, the flattened
 * form, worked out as each type is made. So nothing ever walks a type recursively, however deep a file nests them.
 *
 * Canonical ABI, "Flattening". A form of more than 16 core values is passed through memory and kept as `undefined`.
 */
import type { CoreExport, CoreSignature, CoreType } from './plan.js';

const MAX_FLAT_PARAMETERS = 16;
const MAX_FLAT_RESULTS = 1;

export interface ValueType {
  readonly kind: 'value';
  readonly shape: 'primitive' | 'list' | 'result' | 'handle' | 'other';
  /** Core values, or undefined above {@link MAX_FLAT_PARAMETERS}. */
  readonly flat: readonly CoreType[] | undefined;
  /** Holds only numbers: no handles, and nothing that lives in memory. */
  readonly plain: boolean;
  /** What {@link hasPluginSignature} asks for; `element` of a list, `ok` and `error` of a result. */
  readonly code?: number;
  readonly element?: ValueType;
  readonly ok?: ValueType | undefined;
  readonly error?: ValueType | undefined;
}

export interface FuncType {
  readonly kind: 'func';
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
}

/** A resource type. Each is its own type: compare by identity. */
export interface ResourceType {
  readonly kind: 'resource';
  /** Where it came from: an import of the component, a definition in it, or a declaration that nothing filled in. */
  readonly origin:
    | { readonly from: 'import'; readonly interface: string; readonly name: string }
    | { readonly from: 'definition'; readonly id: number; readonly destructor: CoreExport | undefined }
    | { readonly from: 'declaration' };
}

const U8 = 0x7d;
const STRING = 0x73;
const FIRST_PRIMITIVE = STRING;
const LAST_PRIMITIVE = 0x7f;

const PRIMITIVE_FLAT = new Map<number, CoreType>([
  [0x78, 'i64'], // s64
  [0x77, 'i64'], // u64
  [0x76, 'f32'],
  [0x75, 'f64'],
]);

const primitives = new Map<number, ValueType>();
for (let code = FIRST_PRIMITIVE; code <= LAST_PRIMITIVE; code++) {
  primitives.set(code, {
    kind: 'value',
    shape: 'primitive',
    code,
    flat: code === STRING ? ['i32', 'i32'] : [PRIMITIVE_FLAT.get(code) ?? 'i32'],
    plain: code !== STRING,
  });
}

/** The type of a `primvaltype` byte, or undefined for any other byte. */
export function primitive(code: number): ValueType | undefined {
  return primitives.get(code);
}

export function list(element: ValueType): ValueType {
  return { kind: 'value', shape: 'list', element, flat: ['i32', 'i32'], plain: false };
}

/** `own` or `borrow` of a resource: an index into the handle table of one component instance. */
export function handle(): ValueType {
  return { kind: 'value', shape: 'handle', flat: ['i32'], plain: false };
}

/** Record or tuple: its fields in a row. */
export function product(fields: readonly ValueType[]): ValueType {
  return {
    kind: 'value',
    shape: 'other',
    flat: concatenate(fields),
    plain: fields.every((field) => field.plain),
  };
}

/** Up to 32 named bits. */
export function flags(): ValueType {
  return { kind: 'value', shape: 'other', flat: ['i32'], plain: true };
}

/** Variant, enum or option: a discriminant, then the cases laid over one another. */
export function variant(cases: readonly (ValueType | undefined)[]): ValueType {
  return { kind: 'value', shape: 'other', ...sum(cases) };
}

export function result(ok: ValueType | undefined, error: ValueType | undefined): ValueType {
  return { kind: 'value', shape: 'result', ok, error, ...sum([ok, error]) };
}

function sum(cases: readonly (ValueType | undefined)[]): Pick<ValueType, 'flat' | 'plain'> {
  const plain = cases.every((payload) => payload?.plain ?? true);
  const joined: CoreType[] = [];
  for (const payload of cases) {
    if (payload === undefined) {
      continue;
    }
    if (payload.flat === undefined) {
      return { flat: undefined, plain };
    }
    payload.flat.forEach((type, i) => {
      const before = joined[i];
      joined[i] = before === undefined ? type : join(before, type);
    });
  }
  return { flat: joined.length < MAX_FLAT_PARAMETERS ? ['i32', ...joined] : undefined, plain };
}

function join(a: CoreType, b: CoreType): CoreType {
  if (a === b) {
    return a;
  }
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64';
}

function concatenate(parts: readonly ValueType[]): readonly CoreType[] | undefined {
  const flat: CoreType[] = [];
  for (const part of parts) {
    if (part.flat === undefined || flat.length + part.flat.length > MAX_FLAT_PARAMETERS) {
      return undefined;
    }
    flat.push(...part.flat);
  }
  return flat;
}

/** Core signature of a function that is lowered: called by the guest, provided by somebody else. */
export function loweredSignature(type: FuncType): CoreSignature {
  const parameters: CoreType[] = [...(concatenate(type.parameters) ?? (['i32'] as const))];
  const results = type.result === undefined ? [] : type.result.flat;
  if (results === undefined || results.length > MAX_FLAT_RESULTS) {
    return { parameters: [...parameters, 'i32'], results: [] };
  }
  return { parameters, results };
}

/** Whether every value of the function is a plain number in a core value of its own. */
export function isPlainFunction(type: FuncType): boolean {
  return (
    // First, for it gives up above 16 core values: a function may have any number of parameters, and be asked about often.
    concatenate(type.parameters) !== undefined &&
    type.parameters.every((value) => value.plain) &&
    (type.result === undefined || (type.result.plain && type.result.flat?.length === MAX_FLAT_RESULTS))
  );
}

/** Whether this is `func(list<u8>) -> result<list<u8>, list<u8>>`, the one signature of hooks and capabilities. */
export function hasPluginSignature(type: FuncType): boolean {
  const { parameters, result: answer } = type;
  return (
    parameters.length === 1 &&
    isByteList(parameters[0]) &&
    answer?.shape === 'result' &&
    isByteList(answer.ok) &&
    isByteList(answer.error)
  );
}

function isByteList(type: ValueType | undefined): boolean {
  return type?.shape === 'list' && type.element?.code === U8;
}
