/**
 * The type section, and the declarations inside instance and component types.
 *
 * Binary.md, "Type Definitions". Async functions, streams, futures, maps, fixed-length lists and core types are outside
 * the profile and refused by name.
 */

import type { Decoding } from './context.js';
import { nested } from './context.js';
import { malformed, unsupported } from './failures.js';
import { readAlias } from './read-alias.js';
import type { ExternType } from './read-externs.js';
import { readExternName, readExternType } from './read-externs.js';
import type { Reader } from './reader.js';
import type { DeclaredType, Instance, Item, Type } from './scope.js';
import { Scope } from './scope.js';
import type { FuncType, ResourceType, ValueType } from './types.js';
import { flags, handle, list, primitive, product, result, variant } from './types.js';

const CORE_I32 = 0x7f;
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

/** Read one `type` and give it the next index of `scope`. */
export function readType(decoding: Decoding, scope: Scope, reader: Reader, inType: boolean): void {
  const offset = reader.offset;
  const opcode = reader.peek();
  switch (opcode) {
    case 0x40:
      reader.u8();
      scope.types.push(readFuncType(scope, reader));
      return;
    case 0x41:
    case 0x42:
      reader.u8();
      scope.types.push(readDeclaredType(decoding, scope, reader, opcode === 0x42 ? 'instance' : 'component'));
      return;
    case 0x3f:
      reader.u8();
      if (inType) {
        throw malformed(offset, 'a resource is defined inside a type');
      }
      scope.types.push(readResource(decoding, scope, reader));
      return;
    default:
      scope.types.push(readDefinedValueType(scope, reader));
  }
}

function readFuncType(scope: Scope, reader: Reader): FuncType {
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

function readResource(decoding: Decoding, scope: Scope, reader: Reader): ResourceType {
  const offset = reader.offset;
  if (reader.u8() !== CORE_I32) {
    throw malformed(offset, 'a resource is represented by something other than i32');
  }
  const destructor = readOptional(
    reader,
    () => scope.coreFuncs[reader.index(scope.coreFuncs.length, 'core function')]!,
  );
  if (destructor !== undefined && destructor.kind !== 'export') {
    throw unsupported(offset, 'a resource whose destructor is not a core export');
  }
  return { kind: 'resource', origin: { from: 'definition', id: decoding.resources++, destructor } };
}

/** `0x00`, or `0x01` and what `read` reads. */
export function readOptional<T>(reader: Reader, read: () => T): T | undefined {
  const offset = reader.offset;
  const present = reader.u8();
  if (present > 1) {
    throw malformed(offset, `an optional item starts with ${present}`);
  }
  return present === 1 ? read() : undefined;
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

function readDefinedValueType(scope: Scope, reader: Reader): ValueType {
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
      const ok = readOptional(reader, () => readValueType(scope, reader));
      return result(
        ok,
        readOptional(reader, () => readValueType(scope, reader)),
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
    const payload = readOptional(reader, () => readValueType(scope, reader));
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

function readDeclaredType(
  decoding: Decoding,
  scope: Scope,
  reader: Reader,
  kind: 'instance' | 'component',
): DeclaredType {
  const type: DeclaredType = { kind, declarations: reader.fork(), scope };
  // A type has no length in front, so reading it is the way to its end; it is checked on the way.
  readDeclarations(decoding, type, reader, undefined);
  return type;
}

/**
 * Make an instance of an instance type.
 *
 * @param owner - id of the imported interface that this is; undefined for a declaration that nothing stands behind.
 */
export function declareInstance(decoding: Decoding, type: DeclaredType, owner: string | undefined): Instance {
  return readDeclarations(decoding, type, type.declarations.fork(), owner);
}

function readDeclarations(decoding: Decoding, type: DeclaredType, reader: Reader, owner: string | undefined): Instance {
  return nested(decoding, reader.offset, () => {
    const scope = new Scope(type.scope);
    const exports = new Map<string, Item>();
    for (let left = reader.count(); left > 0; left--) {
      const offset = reader.offset;
      const declaration = reader.u8();
      if (declaration === 0x01) {
        readType(decoding, scope, reader, true);
      } else if (declaration === 0x02) {
        readAlias(decoding, scope, reader);
      } else if (declaration === 0x04 || (declaration === 0x03 && type.kind === 'component')) {
        const name = readExternName(reader);
        const item = declareItem(decoding, readExternType(decoding, scope, reader), offset, owner, name);
        scope.add(item);
        if (declaration === 0x04) {
          if (exports.has(name)) {
            throw malformed(offset, 'an instance type exports one name twice');
          }
          exports.set(name, item);
        }
      } else if (declaration === 0x00) {
        throw unsupported(offset, 'it uses a core type declaration');
      } else {
        throw malformed(offset, `unknown declaration 0x${declaration.toString(16)}`);
      }
    }
    return { exports };
  });
}

/** The item that an extern type promises, as far as a host can make one up. */
export function declareItem(
  decoding: Decoding,
  type: ExternType,
  offset: number,
  owner: string | undefined,
  name: string,
): Item {
  switch (type.sort) {
    case 'func':
      return {
        sort: 'func',
        value:
          owner === undefined
            ? { kind: 'declared', type: type.type }
            : { kind: 'imported', interface: owner, name, type: type.type },
      };
    case 'type':
      return { sort: 'type', value: type.bound ?? freshResource(owner, name) };
    case 'instance':
      return { sort: 'instance', value: declareInstance(decoding, type.type, undefined) };
    default:
      throw unsupported(offset, `a type declares a ${type.sort}`);
  }
}

function freshResource(owner: string | undefined, name: string): ResourceType {
  return {
    kind: 'resource',
    origin: owner === undefined ? { from: 'declaration' } : { from: 'import', interface: owner, name },
  };
}
