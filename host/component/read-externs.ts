/** Names and types of imports and exports. Binary.md, "Import and Export Definitions" and `externtype`. */
import { quote } from '../errors/index.js';
import { malformed, unsupported } from './failures.js';
import { parseInterfaceId } from './interface-id.js';
import type { Reader } from './reader.js';
import type { DeclaredType, Scope, Type } from './scope.js';
import type { FuncType } from './types.js';

/** What an import needs or an export promises. A type bound of `undefined` is a fresh resource. */
export type ExternType =
  | { readonly sort: 'func'; readonly type: FuncType }
  | { readonly sort: 'type'; readonly bound: Type | undefined }
  | { readonly sort: 'instance'; readonly type: DeclaredType }
  | { readonly sort: 'component' }
  | { readonly sort: 'module' };

/**
 * `nameattributes`: the name; attributes proper are refused, for they could rename what an import means.
 *
 * What looks like an interface id must be one; other names are plain, and only compared.
 */
export function readExternName(reader: Reader): string {
  const offset = reader.offset;
  const form = reader.u8();
  if (form === 0x02) {
    throw unsupported(offset, 'a name with attributes');
  }
  if (form > 0x02) {
    throw malformed(offset, `unknown form of name 0x${form.toString(16)}`);
  }
  const name = reader.name();
  if (/[:/@]/.test(name) && parseInterfaceId(name) === undefined) {
    throw name.includes('=')
      ? unsupported(offset, `${quote(name)}, a dependency by location`)
      : malformed(offset, `${quote(name)} is not the name of an interface`);
  }
  return name;
}

/** `externtype`, with its indices resolved in `scope`. */
export function readExternType(scope: Scope, reader: Reader): ExternType {
  const offset = reader.offset;
  const sort = reader.u8();
  switch (sort) {
    case 0x00:
      throw unsupported(offset, 'the type of a core module');
    case 0x01: {
      const type = typeOf(scope, reader, 'func');
      return { sort: 'func', type };
    }
    case 0x02:
      throw unsupported(offset, 'a value import or export');
    case 0x03:
      return readTypeBound(scope, reader);
    case 0x04:
      typeOf(scope, reader, 'component');
      return { sort: 'component' };
    case 0x05:
      return { sort: 'instance', type: typeOf(scope, reader, 'instance') };
    default:
      throw malformed(offset, `unknown kind of import or export 0x${sort.toString(16)}`);
  }
}

function readTypeBound(scope: Scope, reader: Reader): ExternType {
  const offset = reader.offset;
  const bound = reader.u8();
  if (bound === 0x00) {
    return { sort: 'type', bound: scope.types[reader.index(scope.types.length, 'type')]! };
  }
  if (bound === 0x01) {
    return { sort: 'type', bound: undefined };
  }
  throw malformed(offset, `unknown type bound 0x${bound.toString(16)}`);
}

type TypeOfKind<K extends Type['kind']> = K extends 'instance' | 'component'
  ? DeclaredType
  : Extract<Type, { kind: K }>;

function typeOf<K extends Type['kind']>(scope: Scope, reader: Reader, kind: K): TypeOfKind<K> {
  const offset = reader.offset;
  const type = scope.types[reader.index(scope.types.length, 'type')]!;
  if (type.kind !== kind) {
    throw malformed(offset, `a ${type.kind} type stands where a ${kind} type must`);
  }
  return type as TypeOfKind<K>;
}
