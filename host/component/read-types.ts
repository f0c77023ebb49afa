/**
 * The type section, and the declarations inside instance and component types.
 *
 * Binary.md, "Type Definitions". Values and functions are in read-value-types.ts.
 */
import type { Decoding } from './context.js';
import { nested } from './context.js';
import { malformed, unsupported } from './failures.js';
import { readAlias } from './read-alias.js';
import type { ExternType } from './read-externs.js';
import { readExternName, readExternType } from './read-externs.js';
import { readDefinedValueType, readFuncType } from './read-value-types.js';
import type { Reader } from './reader.js';
import type { DeclaredType, Instance, Item } from './scope.js';
import { Scope } from './scope.js';
import type { ResourceType } from './types.js';

const CORE_I32 = 0x7f;

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

function readResource(decoding: Decoding, scope: Scope, reader: Reader): ResourceType {
  const offset = reader.offset;
  if (reader.u8() !== CORE_I32) {
    throw malformed(offset, 'a resource is represented by something other than i32');
  }
  const destructor = reader.optional(() => scope.coreFuncs[reader.index(scope.coreFuncs.length, 'core function')]!);
  if (destructor !== undefined && destructor.kind !== 'export') {
    throw unsupported(offset, 'a resource whose destructor is not a core export');
  }
  return { kind: 'resource', origin: { from: 'definition', id: decoding.resources++, destructor } };
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
        const item = declareItem(decoding, readExternType(scope, reader), offset, owner, name);
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
function declareItem(
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
