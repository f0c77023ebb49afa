/**
 * Value and function types. Binary.md, "Type Definitions", `defvaltype` and `functype`.
 *
 * Async functions, streams, futures, maps, fixed-length lists are outside the profile and refused by name.
 */
import { malformed, unsupported } from './failures.js';
import type { Reader } from './reader.js';
import type { Scope, Type } from './scope.js';
import type { FuncType, ValueType } from './types.js';
import { flags, handle, list, primitive, product, result, variant } from './types.js';

/** A single byte that is a negative SLEB128, so no type index. */
const OPCODE_MASK = 0xc0;
const OPCODE = 0x40;

const REFUSED_TYPES = new Map<number, string>([
  [0x43, 'an async function type'],
  [0x3e, 'a resource with an async destructor'],
  [0x67, 'a list of fixed length'],
  [0x66, 'a stream'],
  [0x65, 'a future'],
  [0x64, 'an error-context'],
  [0x63, 'a map'],
]);

/** `functype` without its opcode. */
export function readFuncType(scope: Scope, reader: Reader): FuncType {
  const parameters = readLabelled(scope, reader);
  const offset = reader.offset;
  const resultKind = reader.u8();
  if (resultKind === 0x00) {
    return { kind: 'func', parameters, result: readValueType(scope, reader) };
  }
  if (resultKind === 0x01 && reader.u8() === 0x00) {
    return { kind: 'func', parameters, result: undefined };
  }
  throw malformed(offset, 'a function type has an unknown form of results');
}

function readLabelled(scope: Scope, reader: Reader): ValueType[] {
  const types: ValueType[] = [];
  for (let left = reader.count(); left > 0; left--) {
    reader.name();
    types.push(readValueType(scope, reader));
  }
  return types;
}

/** `valtype`: a primitive or the index of a value type. */
export function readValueType(scope: Scope, reader: Reader): ValueType {
  const offset = reader.offset;
  if ((reader.peek() & OPCODE_MASK) === OPCODE) {
    return readPrimitive(reader.u8(), offset);
  }
  const type = typeAt(scope, reader.s33Index(), offset);
  if (type.kind !== 'value') {
    throw malformed(offset, `a ${type.kind} type stands where a value type must`);
  }
  return type;
}

function readPrimitive(code: number, offset: number): ValueType {
  const type = primitive(code);
  if (type !== undefined) {
    return type;
  }
  const refused = REFUSED_TYPES.get(code);
  throw refused === undefined
    ? malformed(offset, `unknown type 0x${code.toString(16)}`)
    : unsupported(offset, `it uses ${refused}`);
}

/** `defvaltype`. */
export function readDefinedValueType(scope: Scope, reader: Reader): ValueType {
  const offset = reader.offset;
  const opcode = reader.u8();
  switch (opcode) {
    case 0x72:
      return product(nonEmpty(readLabelled(scope, reader), offset));
    case 0x71:
      return variant(nonEmpty(readCases(scope, reader), offset));
    case 0x70:
      return list(readValueType(scope, reader));
    case 0x6f:
      return product(
        nonEmpty(
          readList(reader, () => readValueType(scope, reader)),
          offset,
        ),
      );
    case 0x6e:
      nonEmpty(
        readList(reader, () => reader.name()),
        offset,
        32,
      );
      return flags();
    case 0x6d:
      return variant(
        nonEmpty(
          readList(reader, () => reader.name()),
          offset,
        ).map(() => undefined),
      );
    case 0x6b:
      return variant([undefined, readValueType(scope, reader)]);
    case 0x6a: {
      const ok = reader.optional(() => readValueType(scope, reader));
      return result(
        ok,
        reader.optional(() => readValueType(scope, reader)),
      );
    }
    case 0x69:
    case 0x68:
      if (typeAt(scope, reader.u32(), offset).kind !== 'resource') {
        throw malformed(offset, 'a handle to something that is no resource');
      }
      return handle();
    default:
      return readPrimitive(opcode, offset);
  }
}

function readCases(scope: Scope, reader: Reader): (ValueType | undefined)[] {
  return readList(reader, () => {
    reader.name();
    const payload = reader.optional(() => readValueType(scope, reader));
    const offset = reader.offset;
    if (reader.u8() !== 0x00) {
      throw malformed(offset, 'a variant case refines another');
    }
    return payload;
  });
}

function readList<T>(reader: Reader, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.count(); left > 0; left--) {
    items.push(read());
  }
  return items;
}

function nonEmpty<T>(items: T[], offset: number, atMost = Number.POSITIVE_INFINITY): T[] {
  if (items.length === 0 || items.length > atMost) {
    throw malformed(offset, `a type has ${items.length} parts`);
  }
  return items;
}

function typeAt(scope: Scope, index: number, offset: number): Type {
  const type = scope.types[index];
  if (type === undefined) {
    throw malformed(offset, `it refers to type ${index} of ${scope.types.length}`);
  }
  return type;
}
