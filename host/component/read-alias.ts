/** Aliases, and the sorts that they and all index pairs share. Binary.md, "Alias Definitions" and `sort`. */
import type { Decoding } from './context.js';
import { malformed, unsupported } from './failures.js';
import type { CoreExport, CoreRef } from './plan.js';
import type { Reader } from './reader.js';
import type { Item, Scope } from './scope.js';

/** Sorts of items that have an index space here. `core type` and `value` have none: they are refused when read. */
type CoreSort = 'core func' | 'core table' | 'core memory' | 'core global' | 'core tag';
export type Sort = CoreSort | 'core instance' | Item['sort'];

const CORE_SORTS: readonly CoreSort[] = ['core func', 'core table', 'core memory', 'core global', 'core tag'];
const SORTS = new Map<number, Sort>([
  [0x01, 'func'],
  [0x03, 'type'],
  [0x04, 'component'],
  [0x05, 'instance'],
]);

/** `sort`: one byte, or two for core sorts. */
function readSort(reader: Reader): Sort {
  const offset = reader.offset;
  const byte = reader.u8();
  if (byte === 0x00) {
    return readCoreSort(reader);
  }
  const sort = SORTS.get(byte);
  if (sort === undefined) {
    throw byte === 0x02
      ? unsupported(offset, 'it uses a value')
      : malformed(offset, `unknown sort 0x${byte.toString(16)}`);
  }
  return sort;
}

/** `core:sort`. */
export function readCoreSort(reader: Reader): CoreSort | 'module' | 'core instance' {
  const offset = reader.offset;
  const byte = reader.u8();
  const sort = CORE_SORTS[byte];
  if (sort !== undefined) {
    return sort;
  }
  if (byte === 0x11) {
    return 'module';
  }
  if (byte === 0x12) {
    return 'core instance';
  }
  throw byte === 0x10
    ? unsupported(offset, 'it uses a core type')
    : malformed(offset, `unknown core sort 0x${byte.toString(16)}`);
}

/** The index space of core items of one sort. */
export function coreSpace(scope: Scope, sort: CoreSort): CoreRef[] {
  switch (sort) {
    case 'core func':
      return scope.coreFuncs;
    case 'core table':
      return scope.coreTables;
    case 'core memory':
      return scope.coreMemories;
    case 'core global':
      return scope.coreGlobals;
    case 'core tag':
      return scope.coreTags;
  }
}

/** Whether a sort is one of the core items that a core instance may export. */
export function isCoreSort(sort: Sort): sort is CoreSort {
  return sort.startsWith('core ') && sort !== 'core instance';
}

/** `sortidx` of a component-level sort, resolved. */
export function readItem(scope: Scope, reader: Reader): Item {
  const offset = reader.offset;
  const sort = readSort(reader);
  return itemAt(scope, sort, reader.u32(), offset);
}

function itemAt(scope: Scope, sort: Sort, index: number, offset: number): Item {
  const item = find(scope, sort, index);
  if (item === undefined) {
    throw malformed(offset, `it refers to ${sort} ${index}, which is not there`);
  }
  return item;
}

function find(scope: Scope, sort: Sort, index: number): Item | undefined {
  switch (sort) {
    case 'func':
      return wrap(sort, scope.funcs[index]);
    case 'type':
      return wrap(sort, scope.types[index]);
    case 'instance':
      return wrap(sort, scope.instances[index]);
    case 'component':
      return wrap(sort, scope.components[index]);
    case 'module':
      return wrap(sort, scope.coreModules[index]);
    default:
      return undefined;
  }
}

function wrap<S extends Item['sort']>(
  sort: S,
  value: Extract<Item, { sort: S }>['value'] | undefined,
): Item | undefined {
  // The pair is right by construction: `sort` chose the space that `value` came from.
  return value === undefined ? undefined : ({ sort, value } as Item);
}

/** Read one alias and give what it names the next index of its sort. */
export function readAlias(decoding: Decoding, scope: Scope, reader: Reader): void {
  const offset = reader.offset;
  const sort = readSort(reader);
  const target = reader.u8();
  switch (target) {
    case 0x00:
      aliasExport(scope, reader, sort, offset);
      return;
    case 0x01:
      aliasCoreExport(decoding, scope, reader, sort, offset);
      return;
    case 0x02:
      aliasOuter(scope, reader, sort, offset);
      return;
    default:
      throw malformed(offset, `unknown alias target 0x${target.toString(16)}`);
  }
}

function aliasExport(scope: Scope, reader: Reader, sort: Sort, offset: number): void {
  const instance = scope.instances[reader.index(scope.instances.length, 'instance')]!;
  const item = instance.exports.get(reader.name());
  if (item === undefined || item.sort !== sort) {
    throw malformed(offset, `an alias names a ${sort} that the instance does not export`);
  }
  scope.add(item);
}

function aliasCoreExport(decoding: Decoding, scope: Scope, reader: Reader, sort: Sort, offset: number): void {
  const index = scope.coreInstances[reader.index(scope.coreInstances.length, 'core instance')]!;
  const name = reader.name();
  if (!isCoreSort(sort)) {
    throw malformed(offset, `an alias takes a ${sort} from a core instance`);
  }
  const instance = decoding.instances[index]!;
  if (instance.kind === 'instantiate') {
    coreSpace(scope, sort).push({ kind: 'export', instance: index, name });
    return;
  }
  const ref = instance.exports.get(name);
  if (ref === undefined || (ref.kind !== 'export' && sort !== 'core func')) {
    throw malformed(offset, `an alias names a ${sort} that the core instance does not export`);
  }
  coreSpace(scope, sort).push(ref);
}

function aliasOuter(scope: Scope, reader: Reader, sort: Sort, offset: number): void {
  let outer: Scope | undefined = scope;
  for (let count = reader.u32(); count > 0 && outer !== undefined; count--) {
    outer = outer.parent;
  }
  if (outer === undefined) {
    throw malformed(offset, 'an alias reaches outside of the component');
  }
  if (sort !== 'type' && sort !== 'module' && sort !== 'component') {
    throw malformed(offset, `an outer alias names a ${sort}`);
  }
  scope.add(itemAt(outer, sort, reader.u32(), offset));
}

/** A core export, or a refusal: memories, allocators and clean-up functions must come from a core instance. */
export function asCoreExport(ref: CoreRef, offset: number, what: string): CoreExport {
  if (ref.kind !== 'export') {
    throw unsupported(offset, `${what} that is not a core export`);
  }
  return ref;
}
