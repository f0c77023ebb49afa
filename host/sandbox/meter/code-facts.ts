/**
 * What the meter must know of a core module before it looks at any operator: types, functions, bodies, and who can call
 * what unseen.
 *
 * `module-facts.ts` has refused what the sandbox does not take, and V8 has validated the module, so this reads rather than
 * checks. Lists are typed arrays by index: a few bytes for each function, type or segment, whatever the module says.
 * WebAssembly core specification 3.0, "Binary Format", section "Modules".
 */
import { Reader } from '../../component/index.js';
import { PluginError } from '../../errors/index.js';
import type { ModuleFacts } from '../module-facts.js';
import { malformed } from './failures.js';
import { END, REF_FUNC } from './opcodes.js';
import { newOperator, type Operator, OperatorReader } from './operator-reader.js';
import { SECTION } from './sections/ids.js';
import { skipBytes, skipLeb, skipValueType } from './sections/skip.js';

/** Function types of a module, by type index. */
export interface FunctionTypes {
  readonly count: number;
  /** How many parameters and results each has. */
  readonly parameters: Uint32Array;
  readonly results: Uint32Array;
  /** Where its parameters begin in `valueTypes`; its results follow them. */
  readonly starts: Uint32Array;
  /** First byte of each value type: 0x7f i32, … 0x70 funcref; 0x63 and 0x64 stand for all references with a heap type of their own. */
  readonly valueTypes: Uint8Array;
}

/** Bodies of a module's own functions, by index without the imports. Offsets in bytes of the module. */
export interface FunctionBodies {
  readonly count: number;
  /** Local declarations; the body's size stands before them. */
  readonly starts: Uint32Array;
  /** First operator. */
  readonly code: Uint32Array;
  readonly ends: Uint32Array;
  /** Declared locals, without the parameters. */
  readonly locals: Uint32Array;
}

export interface CodeFacts {
  readonly types: FunctionTypes;
  /** Type index of each function, imports first. */
  readonly functionTypes: Uint32Array;
  readonly importedFunctions: number;
  readonly importedGlobals: number;
  /** Imported or defined: 0 or 1. */
  readonly memories: number;
  /** First byte of each table's element type, imports first: 0x70 funcref, 0x6f externref. */
  readonly tableTypes: readonly number[];
  readonly bodies: FunctionBodies;
  /**
   * By function index, 1 if it can be called without a `call` in this module's code: exported, in an element segment, referred to by a
   * constant expression, or the start function. Code may use `ref.func` on these alone.
   */
  readonly exposed: Uint8Array;
  /** The start function, or -1. */
  readonly start: number;
  /** Bytes of each data segment, and entries of each element segment. */
  readonly dataLengths: Uint32Array;
  readonly elementLengths: Uint32Array;
}

const FUNCTION = 0x00;
const TABLE = 0x01;
const MEMORY = 0x02;
const GLOBAL = 0x03;
/** Flags of segments. */
const PASSIVE = 1;
const EXPLICIT_INDEX = 2;
const EXPRESSIONS = 4;

/** Filled section by section. */
interface Draft {
  readonly module: Uint8Array;
  types: FunctionTypes;
  imported: number[];
  defined: Uint32Array;
  importedGlobals: number;
  memories: number;
  readonly tableTypes: number[];
  bodies: FunctionBodies;
  exposed: Uint8Array;
  start: number;
  dataLengths: Uint32Array;
  elementLengths: Uint32Array;
  readonly operator: Operator;
}

/**
 * Read what the meter needs of a validated module.
 *
 * @param module - bytes that passed `WebAssembly.validate`; not modified, not kept.
 * @param facts - of the same module.
 * @param functionBytes - how large a function's body may be. V8 compiles a function when it is first called, which nothing can
 *   interrupt: this bounds by how much a call can outlast its deadline.
 * @throws PluginError `LIMIT_EXCEEDED` for a larger function; `COMPONENT_UNSUPPORTED` for constant expressions that the meter
 *   does not know.
 */
export function readCodeFacts(module: Uint8Array, facts: ModuleFacts, functionBytes: number): CodeFacts {
  const none = new Uint32Array();
  const draft: Draft = {
    module,
    types: { count: 0, parameters: none, results: none, starts: none, valueTypes: new Uint8Array() },
    imported: [],
    defined: none,
    importedGlobals: 0,
    memories: 0,
    tableTypes: [],
    bodies: { count: 0, starts: none, code: none, ends: none, locals: none },
    exposed: new Uint8Array(),
    start: -1,
    dataLengths: none,
    elementLengths: none,
    operator: newOperator(),
  };
  for (const { id, body, end } of facts.sections) {
    const budget = { left: module.length, limit: module.length };
    readSection(id, new Reader(module, budget, module.length, body, end), draft, functionBytes);
  }
  const functionTypes = new Uint32Array(draft.imported.length + draft.defined.length);
  functionTypes.set(draft.imported);
  functionTypes.set(draft.defined, draft.imported.length);
  const { types, importedGlobals, memories, tableTypes, bodies, start, dataLengths, elementLengths } = draft;
  return {
    types,
    functionTypes,
    importedFunctions: draft.imported.length,
    importedGlobals,
    memories,
    tableTypes,
    bodies,
    exposed: exposedOf(draft),
    start,
    dataLengths,
    elementLengths,
  };
}

function readSection(id: number, body: Reader, draft: Draft, functionBytes: number): void {
  switch (id) {
    case SECTION.type:
      draft.types = readTypes(body);
      return;
    case SECTION.import:
      readImports(body, draft);
      return;
    case SECTION.function:
      draft.defined = list(body, () => body.u32());
      return;
    case SECTION.table:
      repeat(body, () => readTable(body, draft));
      return;
    case SECTION.memory:
      draft.memories += body.u32();
      return;
    case SECTION.global:
      repeat(body, () => {
        skipValueType(body);
        body.u8();
        skipConstant(body, draft);
      });
      return;
    case SECTION.export:
      readExports(body, draft);
      return;
    case SECTION.start:
      draft.start = body.u32();
      expose(draft.start, draft);
      return;
    case SECTION.element:
      draft.elementLengths = list(body, () => readElements(body, draft));
      return;
    case SECTION.code:
      draft.bodies = readBodies(body, draft.imported.length, functionBytes);
      return;
    case SECTION.data:
      draft.dataLengths = list(body, () => readData(body, draft));
      return;
  }
}

/** What refers to functions comes behind what declares them all. */
function exposedOf(draft: Draft): Uint8Array {
  const functions = draft.imported.length + draft.defined.length;
  if (draft.exposed.length !== functions) {
    draft.exposed = new Uint8Array(functions);
  }
  return draft.exposed;
}

function expose(index: number, draft: Draft): void {
  exposedOf(draft)[index] = 1;
}

/** Every element takes a byte at least, which bounds what a count makes us allocate. */
function list(body: Reader, read: () => number): Uint32Array {
  const values = new Uint32Array(body.count());
  for (let i = 0; i < values.length; i++) {
    values[i] = read();
  }
  return values;
}

function repeat(body: Reader, read: () => void): void {
  for (let left = body.u32(); left > 0; left--) {
    read();
  }
}

function readTypes(body: Reader): FunctionTypes {
  const count = body.count();
  const valueTypes = new Uint8Array(body.end - body.offset);
  const types = {
    count,
    parameters: new Uint32Array(count),
    results: new Uint32Array(count),
    starts: new Uint32Array(count),
  };
  let at = 0;
  const readList = (): number => {
    const length = body.u32();
    for (let i = 0; i < length; i++) {
      valueTypes[at++] = skipValueType(body);
    }
    return length;
  };
  for (let i = 0; i < count; i++) {
    body.u8();
    types.starts[i] = at;
    types.parameters[i] = readList();
    types.results[i] = readList();
  }
  return { ...types, valueTypes: valueTypes.slice(0, at) };
}

function readImports(body: Reader, draft: Draft): void {
  repeat(body, () => {
    skipBytes(body);
    skipBytes(body);
    switch (body.u8()) {
      case FUNCTION:
        draft.imported.push(body.u32());
        return;
      case TABLE:
        readTable(body, draft);
        return;
      case MEMORY:
        draft.memories++;
        skipLimits(body);
        return;
      case GLOBAL:
        draft.importedGlobals++;
        skipValueType(body);
        body.u8();
        return;
      default:
        body.u8();
        body.u32();
    }
  });
}

function readTable(body: Reader, draft: Draft): void {
  draft.tableTypes.push(skipValueType(body));
  skipLimits(body);
}

function skipLimits(body: Reader): void {
  const flags = body.u8();
  skipLeb(body);
  if ((flags & 1) !== 0) {
    skipLeb(body);
  }
}

function readExports(body: Reader, draft: Draft): void {
  repeat(body, () => {
    skipBytes(body);
    const kind = body.u8();
    const index = body.u32();
    if (kind === FUNCTION) {
      expose(index, draft);
    }
  });
}

/** @returns how many entries the segment has. */
function readElements(body: Reader, draft: Draft): number {
  const flags = body.u32();
  skipSegmentPlace(body, flags, draft);
  const expressions = (flags & EXPRESSIONS) !== 0;
  if ((flags & (PASSIVE | EXPLICIT_INDEX)) !== 0) {
    skipValueType(body);
  }
  const count = body.u32();
  for (let i = 0; i < count; i++) {
    if (expressions) {
      skipConstant(body, draft);
    } else {
      expose(body.u32(), draft);
    }
  }
  return count;
}

/** @returns how many bytes the segment has. */
function readData(body: Reader, draft: Draft): number {
  skipSegmentPlace(body, body.u32(), draft);
  const length = body.fork().u32();
  skipBytes(body);
  return length;
}

/** Table or memory and offset of an active segment. */
function skipSegmentPlace(body: Reader, flags: number, draft: Draft): void {
  if ((flags & PASSIVE) !== 0) {
    return;
  }
  if ((flags & EXPLICIT_INDEX) !== 0) {
    body.u32();
  }
  skipConstant(body, draft);
}

function skipConstant(body: Reader, draft: Draft): void {
  const { operator } = draft;
  const reader = new OperatorReader(draft.module, body.offset, body.end);
  while (reader.next(operator)) {
    if (operator.code === REF_FUNC) {
      expose(operator.index, draft);
    } else if (operator.code === END) {
      body.range(operator.end - body.offset, 'a constant expression');
      return;
    }
  }
  throw malformed(body.offset, 'a constant expression does not end');
}

function readBodies(body: Reader, firstFunction: number, functionBytes: number): FunctionBodies {
  const count = body.count();
  const bodies = {
    count,
    starts: new Uint32Array(count),
    code: new Uint32Array(count),
    ends: new Uint32Array(count),
    locals: new Uint32Array(count),
  };
  for (let i = 0; i < count; i++) {
    const size = body.u32();
    if (size > functionBytes) {
      throw tooLarge(firstFunction + i, size, functionBytes);
    }
    const start = body.offset;
    const code = body.range(size, 'a function body');
    repeat(code, () => {
      bodies.locals[i] = bodies.locals[i]! + code.u32();
      skipValueType(code);
    });
    bodies.starts[i] = start;
    bodies.code[i] = code.offset;
    bodies.ends[i] = code.end;
  }
  return bodies;
}

function tooLarge(index: number, size: number, limit: number): PluginError {
  return new PluginError(
    'LIMIT_EXCEEDED',
    `Cannot load a core module: its function ${index} has ${size} bytes of code, the limit is ${limit}`,
    {
      hint: 'Build it with less inlining, or raise the limit for the code of one function.',
      details: { function: index, size, limit },
    },
  );
}
