import type { Value } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';

/** A JSON document, such as an OCI runtime config. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Deeper than any real config, and shallow enough to walk by recursion. */
const MAX_DEPTH = 64;

/**
 * A plain copy of a value that a plugin sent.
 *
 * @returns objects with the ordinary prototype, which is safe because the one key that could reach it is refused.
 * @throws PluginError `CONFIG_INVALID` for bytes, a number that JSON cannot hold, the key `__proto__`, or too deep a value.
 */
export function toJson(value: Value, depth = 0): Json {
  if (depth > MAX_DEPTH) {
    throw new PluginError('CONFIG_INVALID', `Cannot use a value nested deeper than ${MAX_DEPTH}`);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new PluginError('CONFIG_INVALID', `Cannot put ${value} into JSON`);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (value instanceof Uint8Array) {
    throw new PluginError('CONFIG_INVALID', 'Cannot put bytes into JSON');
  }
  if (Array.isArray(value)) {
    return value.map((item: Value) => toJson(item, depth + 1));
  }
  const copy: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    copy[safeKey(key)] = toJson(item, depth + 1);
  }
  return copy;
}

/** @throws PluginError `CONFIG_INVALID` for the one key that assignment would not store. */
export function safeKey(key: string): string {
  if (key === '__proto__') {
    throw new PluginError('CONFIG_INVALID', `Cannot use the key ${quote(key)}`);
  }
  return key;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of an own key, so that `constructor` is not found on every object. */
export function own(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The object at `key`, made if there is none. */
export function objectAt(parent: JsonObject, key: string): JsonObject {
  const found = own(parent, key);
  if (isObject(found)) {
    return found;
  }
  const made: JsonObject = {};
  parent[key] = made;
  return made;
}

/** The list at `key`, made if there is none. */
export function listAt(parent: JsonObject, key: string): Json[] {
  const found = own(parent, key);
  if (Array.isArray(found)) {
    return found;
  }
  const made: Json[] = [];
  parent[key] = made;
  return made;
}

/** Deep equality; the order of an object's keys does not count. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) {
    return true;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
    );
  }
  return false;
}
