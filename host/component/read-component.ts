/**
 * One component, section by section. Binary.md, "Component Definitions".
 *
 * A nested component is kept as bytes and read when it is instantiated, with its imports already known: reading is
 * linking. One that nothing instantiates is never read, and nothing of it can run.
 */

import type { Decoding } from './context.js';
import { addCoreModule, nested } from './context.js';
import { malformed, unsupported } from './failures.js';
import { readAlias, readItem } from './read-alias.js';
import { readCanon } from './read-canon.js';
import type { ExternType } from './read-externs.js';
import { readExternName, readExternType } from './read-externs.js';
import { readArguments, readCoreInstance, readInlineInstance, set } from './read-instances.js';
import { readType } from './read-types.js';
import type { Reader } from './reader.js';
import type { Component, Instance, Item } from './scope.js';
import { Scope } from './scope.js';

/** `\0asm`, version 0x0d, layer 1. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const CORE_PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export const SECTION = { custom: 0, coreModule: 1, component: 4, import: 10, export: 11 } as const;
const UNKNOWN_SECTION = 13;

const REFUSED_SECTIONS = new Map<number, string>([
  [3, 'a core type section'],
  [9, 'a start section'],
  [12, 'a value section'],
]);

/** What a component is instantiated with: the root asks the host, a nested one its instantiation. */
export type Supply = (name: string, type: ExternType, offset: number) => Item;

/** @throws PluginError `COMPONENT_MALFORMED` unless the bytes start as a component does. */
export function readPreamble(reader: Reader): void {
  const offset = reader.offset;
  const found = PREAMBLE.map(() => reader.u8());
  if (CORE_PREAMBLE.every((byte, i) => found[i] === byte)) {
    throw malformed(offset, 'it is a core module, not a component');
  }
  if (!PREAMBLE.every((byte, i) => found[i] === byte)) {
    throw malformed(offset, 'it does not start with the preamble of a component');
  }
}

/** Header of the next section: its id and a reader of exactly its bytes. */
export function readSection(reader: Reader): { readonly id: number; readonly offset: number; readonly body: Reader } {
  reader.charge(1);
  const offset = reader.offset;
  const id = reader.u8();
  if (id >= UNKNOWN_SECTION) {
    throw malformed(offset, `unknown section ${id}`);
  }
  return { id, offset, body: reader.range(reader.u32(), `section ${id}`) };
}

/** Read the component at `reader`, which holds nothing else, and return what it exports. */
export function readComponent(decoding: Decoding, reader: Reader, parent: Scope | undefined, supply: Supply): Instance {
  return nested(decoding, reader.offset, () => {
    readPreamble(reader);
    const scope = new Scope(parent);
    const exports = new Map<string, Item>();
    const imported = new Set<string>();
    const readImport = (body: Reader): void => {
      const offset = body.offset;
      const name = readExternName(body);
      if (imported.has(name)) {
        throw malformed(offset, 'a component imports one name twice');
      }
      imported.add(name);
      scope.add(supply(name, readExternType(scope, body), offset));
    };
    while (!reader.done) {
      const { id, offset, body } = readSection(reader);
      switch (id) {
        case SECTION.custom:
          body.name();
          continue;
        case SECTION.coreModule:
          addCoreModule(decoding, scope, body);
          continue;
        case 2:
          each(body, () => readCoreInstance(decoding, scope, body));
          break;
        case SECTION.component:
          scope.components.push({ body, scope });
          continue;
        case 5:
          each(body, () => scope.instances.push(readInstance(decoding, scope, body)));
          break;
        case 6:
          each(body, () => readAlias(decoding, scope, body));
          break;
        case 7:
          each(body, () => readType(decoding, scope, body, false));
          break;
        case 8:
          each(body, () => readCanon(scope, body));
          break;
        case SECTION.import:
          each(body, () => readImport(body));
          break;
        case SECTION.export:
          each(body, () => readExport(scope, body, exports));
          break;
        default:
          throw unsupported(offset, `it has ${REFUSED_SECTIONS.get(id) ?? `a section ${id}`}`);
      }
      body.finish(`section ${id}`);
    }
    return { exports };
  });
}

function each(body: Reader, read: () => void): void {
  for (let left = body.count(); left > 0; left--) {
    read();
  }
}

function readInstance(decoding: Decoding, scope: Scope, reader: Reader): Instance {
  const offset = reader.offset;
  const form = reader.u8();
  if (form === 0x01) {
    return readInlineInstance(scope, reader);
  }
  if (form !== 0x00) {
    throw malformed(offset, `unknown form of instance 0x${form.toString(16)}`);
  }
  const component = scope.components[reader.index(scope.components.length, 'component')]!;
  return instantiate(decoding, component, readArguments(scope, reader));
}

function instantiate(decoding: Decoding, component: Component, args: ReadonlyMap<string, Item>): Instance {
  return readComponent(decoding, component.body.fork(), component.scope, (name, type, offset) => {
    const item = args.get(name);
    // The declared type is not compared in full: functions and resources carry their own, and those are what is used.
    if (item === undefined || item.sort !== type.sort) {
      throw malformed(offset, `a component is instantiated without the ${type.sort} that it imports`);
    }
    return item;
  });
}

function readExport(scope: Scope, reader: Reader, exports: Map<string, Item>): void {
  const offset = reader.offset;
  const name = readExternName(reader);
  const item = readItem(scope, reader);
  const ascribed = reader.optional(() => readExternType(scope, reader));
  if (ascribed !== undefined && ascribed.sort !== item.sort) {
    throw malformed(offset, `a ${item.sort} is exported as a ${ascribed.sort}`);
  }
  set(exports, name, item, offset);
  scope.add(item);
}
