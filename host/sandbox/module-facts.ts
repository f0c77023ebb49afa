/**
 * What a core module declares, read from its bytes: memories, tables and where its sections are.
 *
 * V8 has validated the module by now, so this reads rather than validates; its own work is to refuse what would step
 * around a limit: memories that cannot be clamped, objects that live outside linear memory, sections that it does not
 * know. WebAssembly core specification, "Binary Format", sections "Modules" and "Types".
 */

import { Reader } from '../component/index.js';
import { PluginError } from '../errors/index.js';
import { RESERVED_NAMESPACE } from './reserved.js';

/** Initial and maximum size: pages of 64 KiB, or table entries. */
export interface Extent {
  readonly minimum: number;
  readonly maximum: number | undefined;
}

export interface TableFacts extends Extent {
  readonly elementType: number;
}

export interface SectionSpan {
  readonly id: number;
  /** Offset of the id byte. */
  readonly start: number;
  /** Offset of the contents. */
  readonly body: number;
  readonly end: number;
}

export interface ModuleFacts {
  readonly sections: readonly SectionSpan[];
  /** The memory that the module defines, where it does. */
  readonly memory: Extent | undefined;
  /** Tables that the module defines. */
  readonly tables: readonly TableFacts[];
  /** What each instance has of its own besides memory and the entries of tables; see `SandboxLimits`. */
  readonly definitions: number;
}

const SECTION_TYPE = 1;
export const SECTION_IMPORT = 2;
export const SECTION_TABLE = 4;
export const SECTION_MEMORY = 5;
const SECTION_ELEMENT = 9;
const SECTION_TAG = 13;
/** Sections that begin with a count of what each instance gets: imports, functions, tables, memories, globals, exports, tags. */
const COUNTED_SECTIONS: ReadonlySet<number> = new Set([
  SECTION_IMPORT,
  3,
  SECTION_TABLE,
  SECTION_MEMORY,
  6,
  7,
  SECTION_TAG,
]);
const PREAMBLE_SIZE = 8;
/** Custom sections take three bytes each, and a hundred times that to keep. Compilers make a dozen, and one for each kind of DWARF. */
const MAX_SECTIONS = 1000;

const FUNC_TYPE = 0x60;
const FUNCREF = 0x70;
const EXTERNREF = 0x6f;
/** Value types from here on are numbers and vectors: i32 0x7f, i64, f32, f64, v128 0x7b. */
const FIRST_NUMBER = 0x7b;
const REF = 0x64;
const REF_NULL = 0x63;
/** Exceptions live in the host's heap: a few numbers each are enough for every compiler, and cannot build a chain. */
const MAX_TAG_PARAMETERS = 16;

/**
 * Read what a validated core module declares.
 *
 * @param module - bytes that passed `WebAssembly.validate`; not modified.
 * @throws PluginError `COMPONENT_UNSUPPORTED` for imports from the sandbox's own namespace, two memories, shared or 64-bit
 *   memories and tables, garbage-collected types, references in exceptions, and unknown sections; `LIMIT_EXCEEDED` for more than
 *   a thousand sections.
 */
export function readModuleFacts(module: Uint8Array): ModuleFacts {
  const reader = new Reader(
    module,
    { left: module.byteLength, limit: module.byteLength },
    module.byteLength,
    PREAMBLE_SIZE,
  );
  const sections: SectionSpan[] = [];
  const numeric: boolean[] = [];
  const tables: TableFacts[] = [];
  let definitions = 0;
  let memories = 0;
  let memory: Extent | undefined;
  while (!reader.done) {
    const start = reader.offset;
    const id = reader.u8();
    const body = reader.range(reader.u32(), `section ${id}`);
    if (sections.length === MAX_SECTIONS) {
      throw new PluginError('LIMIT_EXCEEDED', `Cannot load a core module: it has more than ${MAX_SECTIONS} sections`);
    }
    sections.push({ id, start, body: body.offset, end: body.end });
    definitions += definitionsIn(id, body.fork());
    switch (id) {
      case SECTION_TYPE:
        repeat(body, () => numeric.push(readType(body)));
        break;
      case SECTION_IMPORT:
        repeat(body, () => {
          memories += readImport(body, numeric);
        });
        break;
      case SECTION_TABLE:
        repeat(body, () => tables.push(readTable(body)));
        break;
      case SECTION_MEMORY:
        repeat(body, () => {
          memory = readExtent(body, 'memory');
          memories++;
        });
        break;
      case SECTION_TAG:
        repeat(body, () => readTag(body, numeric));
        break;
      default:
        if (id > SECTION_TAG) {
          throw refuse(start, `unknown section ${id}`);
        }
    }
  }
  if (memories > 1) {
    throw refuse(0, `${memories} memories in one module`);
  }
  return { sections, memory, tables, definitions };
}

/** An entry of an element segment takes at least a byte, so that its bytes are a bound that needs no parsing. */
function definitionsIn(section: number, body: Reader): number {
  if (section === SECTION_ELEMENT) {
    return body.end - body.offset;
  }
  return COUNTED_SECTIONS.has(section) ? body.u32() : 0;
}

function repeat(body: Reader, read: () => void): void {
  for (let left = body.u32(); left > 0; left--) {
    read();
  }
}

/** @returns whether a function of this type could be an exception's payload: few parameters, and only numbers. */
function readType(body: Reader): boolean {
  const offset = body.offset;
  const form = body.u8();
  if (form !== FUNC_TYPE) {
    throw refuse(offset, 'struct, array or recursive types: their objects live outside the memory limit');
  }
  const parameters = body.u32();
  let plain = parameters <= MAX_TAG_PARAMETERS;
  for (let i = 0; i < parameters; i++) {
    plain = readValueType(body) >= FIRST_NUMBER && plain;
  }
  repeat(body, () => readValueType(body));
  return plain;
}

function readValueType(body: Reader): number {
  const type = body.u8();
  if (type === REF || type === REF_NULL) {
    skipHeapType(body);
  }
  return type;
}

/** A negative SLEB128 of one byte, or a type index. */
function skipHeapType(body: Reader): void {
  while (body.u8() >= 0x80) {
    // Continuation bytes; V8 has checked the number.
  }
}

/** @returns how many memories it imports: 0 or 1. */
function readImport(body: Reader, numeric: readonly boolean[]): number {
  const offset = body.offset;
  const namespace = body.name();
  body.name();
  if (namespace === RESERVED_NAMESPACE) {
    throw refuse(offset, `an import from the reserved namespace ${RESERVED_NAMESPACE}`);
  }
  const kind = body.u8();
  switch (kind) {
    case 0x00:
      body.u32();
      return 0;
    case 0x01:
      readTable(body);
      return 0;
    case 0x02:
      readExtent(body, 'memory');
      return 1;
    case 0x03:
      readValueType(body);
      body.u8();
      return 0;
    case 0x04:
      readTag(body, numeric);
      return 0;
    default:
      throw refuse(offset, `unknown kind of import 0x${kind.toString(16)}`);
  }
}

function readTable(body: Reader): TableFacts {
  const offset = body.offset;
  const elementType = body.u8();
  if (elementType !== FUNCREF && elementType !== EXTERNREF) {
    throw refuse(offset, 'a table of something other than plain function or external references');
  }
  return { elementType, ...readExtent(body, 'table') };
}

function readExtent(body: Reader, what: string): Extent {
  const offset = body.offset;
  const flags = body.u8();
  if (flags > 1) {
    throw refuse(offset, `a shared or 64-bit ${what}, or one with pages of its own size`);
  }
  const minimum = body.u32();
  return { minimum, maximum: flags === 1 ? body.u32() : undefined };
}

function readTag(body: Reader, numeric: readonly boolean[]): void {
  const offset = body.offset;
  body.u8();
  if (numeric[body.u32()] !== true) {
    throw refuse(offset, `an exception that carries references or more than ${MAX_TAG_PARAMETERS} numbers`);
  }
}

function refuse(offset: number, what: string): PluginError {
  return new PluginError(
    'COMPONENT_UNSUPPORTED',
    `Cannot load a core module: ${what}, at byte ${offset} of the module`,
    {
      details: { offset },
    },
  );
}
