/** Core instances, and instances that are a bag of exports. Binary.md, "Instance Definitions". */

import type { Decoding } from './context.js';
import { addCoreInstance } from './context.js';
import { malformed } from './failures.js';
import type { CoreRef } from './plan.js';
import { coreSpace, isCoreSort, readCoreSort, readItem } from './read-alias.js';
import { readExternName } from './read-externs.js';
import type { Reader } from './reader.js';
import type { Instance, Item, Scope } from './scope.js';

const INSTANCE_SORT = 0x12;

/** Read one `core:instance` into the plan. */
export function readCoreInstance(decoding: Decoding, scope: Scope, reader: Reader): void {
  const offset = reader.offset;
  const form = reader.u8();
  if (form === 0x00) {
    const module = scope.coreModules[reader.index(scope.coreModules.length, 'core module')]!;
    const args = readCoreArguments(scope, reader);
    addCoreInstance(decoding, scope, { kind: 'instantiate', module, args }, offset);
  } else if (form === 0x01) {
    addCoreInstance(decoding, scope, { kind: 'exports', exports: readCoreExports(scope, reader) }, offset);
  } else {
    throw malformed(offset, `unknown form of core instance 0x${form.toString(16)}`);
  }
}

function readCoreArguments(scope: Scope, reader: Reader): ReadonlyMap<string, number> {
  const args = new Map<string, number>();
  for (let left = reader.count(); left > 0; left--) {
    const offset = reader.offset;
    const name = reader.name();
    if (reader.u8() !== INSTANCE_SORT) {
      throw malformed(offset, 'a core module is given something other than an instance');
    }
    set(args, name, scope.coreInstances[reader.index(scope.coreInstances.length, 'core instance')]!, offset);
  }
  return args;
}

function readCoreExports(scope: Scope, reader: Reader): ReadonlyMap<string, CoreRef> {
  const exports = new Map<string, CoreRef>();
  for (let left = reader.count(); left > 0; left--) {
    const offset = reader.offset;
    const name = reader.name();
    const sort = readCoreSort(reader);
    if (!isCoreSort(sort)) {
      throw malformed(offset, `a core instance exports a ${sort}`);
    }
    const space = coreSpace(scope, sort);
    set(exports, name, space[reader.index(space.length, sort)]!, offset);
  }
  return exports;
}

/** `vec(<inlineexport>)`: an instance made of items that are there already. */
export function readInlineInstance(scope: Scope, reader: Reader): Instance {
  const exports = new Map<string, Item>();
  for (let left = reader.count(); left > 0; left--) {
    const offset = reader.offset;
    const name = readExternName(reader);
    set(exports, name, readItem(scope, reader), offset);
  }
  return { exports };
}

/** `vec(<instantiatearg>)`: what a component's imports are given. */
export function readArguments(scope: Scope, reader: Reader): ReadonlyMap<string, Item> {
  const args = new Map<string, Item>();
  for (let left = reader.count(); left > 0; left--) {
    const offset = reader.offset;
    const name = reader.name();
    set(args, name, readItem(scope, reader), offset);
  }
  return args;
}

/** Keep a name once. */
export function set<T>(map: Map<string, T>, name: string, value: T, offset: number): void {
  if (map.has(name)) {
    throw malformed(offset, 'a name stands twice');
  }
  map.set(name, value);
}
