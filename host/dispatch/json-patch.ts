/**
 * One operation of a JSON Patch on a document, in place. RFC 6902, "Operations".
 *
 * Made for patches that a plugin wrote: a pointer leads through own keys of objects and indices of lists and through nothing else, so
 * there is no way to a prototype, to a list's `length`, or to a property of a list that no walk over its entries would find. Comparing
 * takes one walk over both values.
 */
import { isObject, type Json, type JsonObject, own, sameJson } from './json.js';

type Pointer = readonly string[];

/** Pointers as their segments, at least one. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Pointer; readonly value: Json }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly path: Pointer; readonly from: Pointer };

/** RFC 6901, section 4: no sign, no leading zeros. More digits than any list has entries. */
const INDEX = /^(?:0|[1-9][0-9]{0,8})$/;
const ABSENT = 'there is nothing at its path';
const NO_SOURCE = 'there is nothing at its source';
const NO_PLACE = 'its path leads to no place of an object or list';

/**
 * @param document - modified; half edited after a failed `move`.
 * @param operation - its value becomes part of the document, it is not copied.
 * @returns why it cannot be applied; undefined if it was.
 */
export function applyOperation(document: JsonObject, operation: PatchOperation): string | undefined {
  switch (operation.op) {
    case 'add':
      return add(document, operation.path, operation.value);
    case 'remove':
      return remove(document, operation.path) ? undefined : ABSENT;
    case 'replace':
      return replace(document, operation.path, operation.value);
    case 'test':
      return test(document, operation.path, operation.value);
    case 'copy':
      return copy(document, operation.from, operation.path);
    case 'move':
      return move(document, operation.from, operation.path);
  }
}

function add(document: JsonObject, path: Pointer, value: Json): string | undefined {
  const parent = valueAt(document, path.slice(0, -1));
  const key = path.at(-1)!;
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : indexOf(key);
    if (index === undefined || index > parent.length) {
      return NO_PLACE;
    }
    parent.splice(index, 0, value);
    return undefined;
  }
  if (!isObject(parent)) {
    return NO_PLACE;
  }
  parent[key] = value;
  return undefined;
}

/** @returns whether there was something. */
function remove(document: JsonObject, path: Pointer): boolean {
  const parent = valueAt(document, path.slice(0, -1));
  const key = path.at(-1)!;
  if (parent === undefined || child(parent, key) === undefined) {
    return false;
  }
  if (Array.isArray(parent)) {
    parent.splice(Number(key), 1);
  } else {
    delete (parent as JsonObject)[key];
  }
  return true;
}

/** The key keeps its place among others. */
function replace(document: JsonObject, path: Pointer, value: Json): string | undefined {
  const parent = valueAt(document, path.slice(0, -1));
  const key = path.at(-1)!;
  if (parent === undefined || child(parent, key) === undefined) {
    return ABSENT;
  }
  if (Array.isArray(parent)) {
    parent[Number(key)] = value;
  } else {
    (parent as JsonObject)[key] = value;
  }
  return undefined;
}

function test(document: JsonObject, path: Pointer, value: Json): string | undefined {
  const found = valueAt(document, path);
  if (found === undefined) {
    return ABSENT;
  }
  return sameJson(found, value) ? undefined : 'another value is there';
}

function copy(document: JsonObject, from: Pointer, path: Pointer): string | undefined {
  const found = valueAt(document, from);
  return found === undefined ? NO_SOURCE : add(document, path, copyOf(found));
}

/** Texts are shared: a copy of a long one costs nothing. */
function copyOf(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(copyOf);
  }
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)])) : value;
}

function move(document: JsonObject, from: Pointer, path: Pointer): string | undefined {
  if (path.length > from.length && from.every((segment, i) => segment === path[i])) {
    return 'a value cannot move into itself';
  }
  const found = valueAt(document, from);
  if (found === undefined) {
    return NO_SOURCE;
  }
  remove(document, from);
  return add(document, path, found);
}

function valueAt(document: JsonObject, path: Pointer): Json | undefined {
  return path.reduce<Json | undefined>(child, document);
}

function child(parent: Json | undefined, key: string): Json | undefined {
  if (!Array.isArray(parent)) {
    return own(parent, key);
  }
  const index = indexOf(key);
  return index === undefined ? undefined : parent[index];
}

function indexOf(key: string): number | undefined {
  return INDEX.test(key) ? Number(key) : undefined;
}
